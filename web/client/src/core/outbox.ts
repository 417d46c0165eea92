/**
 * Acts that wait for their answer, kept in IndexedDB so that a vote pressed just before the page dies is sent again
 * with its own id when the page is back. Without IndexedDB (private mode, some in-app browsers) memory alone keeps them.
 */

export interface Kept {
  id: string;
  door: string;
  person: string;
  message: { type: string; id: string } & Record<string, unknown>;
  /** Local Unix milliseconds of the press. */
  at: number;
}

const DB = "nghitruong";
const STORE = "outbox";

let opening: Promise<IDBDatabase | undefined> | undefined;

function open(): Promise<IDBDatabase | undefined> {
  opening ??= new Promise((done) => {
    try {
      const ask = indexedDB.open(DB, 1);
      ask.onupgradeneeded = () => ask.result.createObjectStore(STORE, { keyPath: "id" });
      ask.onsuccess = () => done(ask.result);
      ask.onerror = () => done(undefined);
      ask.onblocked = () => done(undefined);
    } catch {
      done(undefined);
    }
  });
  return opening;
}

async function run<T>(mode: IDBTransactionMode, act: (s: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  const db = await open();
  if (!db) return undefined;
  return new Promise((done) => {
    try {
      const ask = act(db.transaction(STORE, mode).objectStore(STORE));
      ask.onsuccess = () => done(ask.result);
      ask.onerror = () => done(undefined);
    } catch {
      done(undefined);
    }
  });
}

/** keep stores an act until forget. */
export async function keep(k: Kept): Promise<void> {
  await run("readwrite", (s) => s.put(k));
}

/** forget drops an answered act. */
export async function forget(id: string): Promise<void> {
  await run("readwrite", (s) => s.delete(id));
}

/** keptFor lists the acts of one person in one sitting, oldest first. */
export async function keptFor(door: string, person: string): Promise<Kept[]> {
  const all = ((await run("readonly", (s) => s.getAll())) ?? []) as Kept[];
  return all.filter((k) => k.door === door && k.person === person).sort((a, b) => (a.id < b.id ? -1 : 1));
}
