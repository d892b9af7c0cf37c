// What this browser has begun to upload and not finished: kept in localStorage, so that it can go on after a reload, with the file's handle
// in IndexedDB where the browser has one. A lock tells whether another tab is at it.
import { heldLocks, storedList, transact } from './kept.js';

const KEY = 'hansard.uploads';
const KEPT_MAX = 100;
const DATABASE = 'hansard', HANDLES = 'files';

const list = storedList(KEY, (entry) => typeof entry.name === 'string' && Number.isSafeInteger(entry.size));
const { read } = list, write = (entries) => list.write(entries.slice(-KEPT_MAX));

/** [{id, name, size, lastModified, sent}], the oldest first; `sent`: the numbers of the parts that were acknowledged. */
export const unfinished = () => read().map((entry) => ({ ...entry, sent: Array.isArray(entry.sent) ? entry.sent : [] }));

export function remember(id, file, handle) {
    const entry = { id, name: file.name, size: file.size, lastModified: file.lastModified, sent: [] };
    write([...read().filter((other) => other.id !== id), entry]);
    if (handle) handles('readwrite', (store) => store.put(handle, id)).catch(() => {});
}

/** This part was acknowledged. */
export const noteSent = (id, number) =>
    write(unfinished().map((entry) => (entry.id === id ? { ...entry, sent: [...new Set([...entry.sent, number])] } : entry)));

export function forget(id) {
    write(read().filter((entry) => entry.id !== id));
    handles('readwrite', (store) => store.delete(id)).catch(() => {});
}

export const isSameFile = (entry, file) =>
    entry.name === file.name && entry.size === file.size && entry.lastModified === file.lastModified;

const handles = (mode, act) => transact(DATABASE, (database) => database.createObjectStore(HANDLES), HANDLES, mode, act);

/** Whether the user need not look for the file again. */
export const hasHandle = (entry) => handles('readonly', (store) => store.get(entry.id)).then((handle) => handle !== undefined, () => false);

/**
 * The file of an upload, from the handle that was kept; null where there is none, the user does not allow it, or it is another file by now. With
 * `ask` the browser may ask the user, which it does in answer to a click only.
 */
export async function keptFile(entry, ask) {
    try {
        const handle = await handles('readonly', (store) => store.get(entry.id));
        if (!handle) return null;
        let permission = await handle.queryPermission({ mode: 'read' });
        if (permission === 'prompt' && ask) permission = await handle.requestPermission({ mode: 'read' });
        const file = permission === 'granted' ? await handle.getFile() : null;
        return file && isSameFile(entry, file) ? file : null;
    } catch {
        return null;  // moved, removed, or a browser without handles
    }
}

const lockName = (id) => `hansard-upload-${id}`;

/** The ids that other tabs are sending now. */
export async function heldElsewhere(ids) {
    const held = await heldLocks();
    return ids.filter((id) => held.has(lockName(id)));
}

/** Holds the upload for this tab until `signal` aborts. False: another tab has it. */
export function hold(id, signal) {
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
        navigator.locks.request(lockName(id), { ifAvailable: true }, (lock) => {
            resolve(lock !== null);
            return lock && !signal.aborted && new Promise((release) => { signal.addEventListener('abort', release); });
        });
    });
}
