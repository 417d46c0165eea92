/** Small hooks of the meeting pages. */
import { useEffect, useState } from "preact/hooks";

const NARROW = "(max-width: 899px)";

/** useNarrow is true where the layout has one column (the same width as in meeting.css). */
export function useNarrow(): boolean {
  const query = typeof matchMedia === "function" ? matchMedia(NARROW) : undefined;
  const [narrow, set] = useState(query?.matches ?? false);
  useEffect(() => {
    if (!query) return;
    const change = () => set(query.matches);
    change();
    // Safari before 14 has no addEventListener here; our oldest is 15.
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, [query]);
  return narrow;
}
