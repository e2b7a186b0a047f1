/** What is over sooner than this is not worth a flicker, in milliseconds. */
const WORTH_SHOWING = 300;

/** Turns true only once something has been true for a while, and false at once. */
export function lasting(is: () => boolean): { readonly now: boolean } {
  // News that change nothing about it do not make it begin anew.
  const still = $derived(is());
  let long = $state(false);
  $effect(() => {
    if (!still) return;
    const timer = setTimeout(() => (long = true), WORTH_SHOWING);
    return () => {
      clearTimeout(timer);
      long = false;
    };
  });
  return {
    get now() {
      return long && still;
    },
  };
}
