// What this browser keeps for later pages: lists in localStorage, and larger things in IndexedDB.

/** {read(), write(list)} of a list of which only what isOne(entry) is read. Without storage it is empty. */
export function storedList(key, isOne) {
    return {
        read() {
            try {
                const list = JSON.parse(localStorage.getItem(key) ?? '[]');
                return Array.isArray(list) ? list.filter((entry) => typeof entry?.id === 'string' && isOne(entry)) : [];
            } catch {
                return [];  // no storage, or what stands there is none of ours
            }
        },
        write(list) {
            try {
                localStorage.setItem(key, JSON.stringify(list));
            } catch {
                // Full or forbidden: what goes on in this page does so all the same.
            }
        },
    };
}

const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = request.oncomplete = () => resolve(request.result);
    request.onerror = request.onabort = () => reject(request.error);
});

/**
 * One transaction in a store of the database `name`, whose stores make(database) makes. act(store) gives the request whose result is wanted. It is
 * over when all of it is on the disk.
 */
export async function transact(name, make, store, mode, act) {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => make(opening.result);
    const database = await settled(opening);
    try {
        const transaction = database.transaction(store, mode);
        const request = act(transaction.objectStore(store));
        await settled(transaction);
        return request.result;
    } finally {
        database.close();
    }
}

/** The names of the locks that any tab holds. */
export const heldLocks = async () => new Set((await navigator.locks?.query())?.held.map((lock) => lock.name));
