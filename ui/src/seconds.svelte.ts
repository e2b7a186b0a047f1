/** Counts down the whole seconds until `end` (RFC 3339), stopping at 0. */
export function secondsUntil(end: () => string): { readonly left: number } {
  let now = $state(Date.now());
  $effect(() => {
    const timer = setInterval(() => (now = Date.now()), 1000);
    return () => clearInterval(timer);
  });
  const left = $derived(Math.max(0, Math.round((Date.parse(end()) - now) / 1000)));
  return {
    get left() {
      return left;
    },
  };
}
