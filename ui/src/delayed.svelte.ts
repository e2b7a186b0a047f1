/** Anything that ends sooner than this many milliseconds is not shown, to avoid a flicker. */
const DELAY = 300;

/** Becomes true only after a condition has held for `DELAY`, and false as soon as it no longer holds. */
export function delayed(condition: () => boolean): { readonly current: boolean } {
  // An update that leaves the condition true must not restart the timer.
  const holds = $derived(condition());
  let elapsed = $state(false);
  $effect(() => {
    if (!holds) return;
    const timer = setTimeout(() => (elapsed = true), DELAY);
    return () => {
      clearTimeout(timer);
      elapsed = false;
    };
  });
  return {
    get current() {
      return elapsed && holds;
    },
  };
}
