/** Reading from the server for a screen. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** useLoaded reads something once and again on demand. */
export function useLoaded<T>(read: () => Promise<T>) {
  const value = useSignal<T | null>(null);
  const error = useSignal<unknown>(null);
  const load = async () => {
    error.value = null;
    try {
      value.value = await read();
    } catch (e) {
      error.value = e;
    }
  };
  useEffect(() => void load(), []);
  return { value, error, load };
}
