// A file on its way to the server in parts, a few at a time. What fails and may pass is tried again, ever more slowly; what was sent is not
// sent again, also when the page is another one by now: the server is asked which parts are there. A part counts only if its end was
// acknowledged to this browser, too: some services keep, and list, one that broke off midway. Where the bucket can't be reached from here, or its rules
// do not let the page in (a browser tells neither from the other), the parts go through the server. A connection that broke is neither: then the
// server can't be reached as well, or some of the part was on its way.
import { ApiError, beginUpload, completeUpload, partPath, readUpload, sendPart, signParts, uploadFile } from './api.js';
import { text } from './strings.js';

const PARTS_OF_ONE = 3;  // in flight, of one file
const PARTS_IN_ALL = 4;  // of all files: a browser has six connections to a server, and the page needs some itself
const SIGN_AT_ONCE = 16;
const URL_SPARE_MS = 60000;  // a URL that ends sooner is not begun with
const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 60000;
const REFUSALS_MAX = 3;  // of the URLs of one part: then it is not their age
const SHUT_MAX = 2;      // tries of one part, one after another, that the bucket let nothing in of
const ROUNDS_MAX = 3;    // of sending what is missing

/** `enter(signal)` resolves when one of `places` is free; `leave()` gives it back. */
function createGate(places) {
    const waiting = [];
    let free = places;
    return {
        async enter(signal) {
            signal.throwIfAborted();
            if (free > 0) { free--; return; }
            await new Promise((resolve, reject) => {
                const ticket = { resolve };
                waiting.push(ticket);
                signal.addEventListener('abort', () => {
                    const at = waiting.indexOf(ticket);
                    if (at >= 0) { waiting.splice(at, 1); reject(signal.reason); }
                }, { once: true });
            });
        },
        leave() {
            const next = waiting.shift();
            if (next) next.resolve();
            else free++;
        },
    };
}

const gate = createGate(PARTS_IN_ALL);

// Whether the bucket has taken a part from this page; false: it is not to be asked again.
let straight = null;

/** Whether parts go through the server instead of straight to the bucket. */
export const rerouted = () => straight === false;

const mayPass = (error) => error.mayPass
    || (error instanceof ApiError && ([0, 408, 429].includes(error.status) || error.status >= 500));

/** Full jitter, so that many pages do not come back at the same moment. */
const backoff = (tries) => Math.max(BACKOFF_FIRST_MS / 2, Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** tries));

/** A file that was changed, moved or removed since it was chosen looks to XMLHttpRequest as a lost connection. */
async function checkReadable(blob) {
    try {
        await blob.slice(0, 1).arrayBuffer();
    } catch {
        throw new Error(text.upload.unreadable);
    }
}

export class Transfer {
    #file; #on; #signal = null; #partSize = 0; #queue = []; #urls = new Map(); #signing = null;
    #doneBytes = 0; #flying = new Map();  // number → bytes of the parts in flight
    #acknowledged;
    /** Why it waits, and until when: {message, until}; null: it does not. */
    trouble = null;
    completing = false;

    /**
     * `id` of an upload that was begun before, with the numbers of its parts that were acknowledged; null: none was. `on.begun(id)` is told the id
     * of a new one, `on.gone(id)` of one that is lost, `on.acknowledged(id, number)` of each part.
     */
    constructor(file, id, acknowledged, on) {
        this.#file = file;
        this.id = id;
        this.#acknowledged = new Set(acknowledged);
        this.#on = on;
    }

    /** Bytes that are there. */
    get done() {
        return this.#doneBytes;
    }

    /** Bytes that are there or on their way. */
    get sent() {
        return this.#doneBytes + [...this.#flying.values()].reduce((sum, bytes) => sum + bytes, 0);
    }

    /** Whether parts are on their way now. */
    get moving() {
        return this.#flying.size > 0;
    }

    /** Sends it all; goes on where it was before. Resolves when it is a meeting; `signal` pauses it. */
    async run(signal) {
        this.#signal = signal;
        this.trouble = null;
        try {
            for (let round = 1; ; round++) {
                try {
                    return await this.#round();
                } catch (error) {
                    if (round === ROUNDS_MAX || !await this.#mayGoOn(error)) throw error;
                }
            }
        } finally {
            this.#flying.clear();
            this.completing = false;
        }
    }

    /** After an error that a new round may mend: the upload is gone (begin anew), or a part of it is (send that). */
    async #mayGoOn(error) {
        if (!this.id || (error.status !== 404 && error.status !== 409)) return false;
        if (error.status === 404) {
            this.#on.gone(this.id);
            this.id = null;
            this.#acknowledged.clear();
        }
        return true;
    }

    async #round() {
        let known = null;
        if (!this.id) {
            known = await this.#begin();
            if (!known) return;
        }
        const missing = await this.#missing(known);
        if (missing) await this.#sendAll(missing);
        this.completing = true;
        await this.#persist(() => completeUpload(this.id, this.#signal));
    }

    /** What readUpload() would tell of the new upload; null where the server takes files whole only, and has taken it so. */
    async #begin() {
        try {
            const begun = await this.#persist(() => beginUpload(this.#file, this.#signal));
            this.id = begun.meeting_id;
            this.#on.begun(this.id);
            return { ...begun, parts: [] };
        } catch (error) {
            if (error.status !== 409) throw error;
        }
        const onProgress = (bytes) => this.#flying.set(0, bytes);
        await uploadFile(this.#file, { onProgress, signal: this.#signal });
        return null;
    }

    /** The numbers of the parts that are not there; null where it is a meeting already, or about to be. `known`: just begun. */
    async #missing(known) {
        try {
            known ??= await this.#persist(() => readUpload(this.id, this.#signal));
        } catch (error) {
            if (error.status !== 404) throw error;
            return null;  // completing it tells whether it has become a meeting or is lost
        }
        if (known.state !== 'open') return null;
        if (known.size !== this.#file.size) throw new ApiError(404, null);
        this.#partSize = known.part_size;
        const there = new Map(known.parts.map((part) => [part.number, part.size]));
        const numbers = Array.from({ length: known.part_count }, (_, i) => i + 1);
        const missing = numbers.filter((number) => there.get(number) !== this.#sizeOf(number) || !this.#acknowledged.has(number));
        this.#doneBytes = known.size - missing.reduce((sum, number) => sum + this.#sizeOf(number), 0);
        return missing;
    }

    #sizeOf(number) {
        return Math.min(this.#partSize, this.#file.size - (number - 1) * this.#partSize);
    }

    /** Where one part fails for good, the others stop. */
    async #sendAll(missing) {
        const stop = new AbortController();
        const signal = AbortSignal.any([this.#signal, stop.signal]);
        this.#queue = missing;
        this.#urls.clear();
        const lane = async () => {
            while (this.#queue.length) await this.#sendOne(this.#queue.shift(), signal);
        };
        const lanes = Array.from({ length: PARTS_OF_ONE }, () => lane().catch((error) => { stop.abort(error); throw error; }));
        await Promise.allSettled(lanes);
        await Promise.all(lanes);
    }

    async #sendOne(number, signal) {
        await gate.enter(signal);
        try {
            let refusals = 0, shut = 0;
            await this.#persist(async () => {
                try {
                    await this.#try(number, signal);
                } catch (error) {
                    // Its URL has grown old: the next try has a new one.
                    if (error.status === 403 && ++refusals < REFUSALS_MAX) error.mayPass = true;
                    shut = error.shut ? shut + 1 : 0;
                    if (straight || shut < SHUT_MAX) throw error;
                    straight = false;
                    await this.#try(number, signal);
                }
            }, signal);
            this.#doneBytes += this.#sizeOf(number);
        } finally {
            gate.leave();
        }
    }

    async #try(number, signal) {
        const start = (number - 1) * this.#partSize;
        const blob = this.#file.slice(start, start + this.#sizeOf(number));
        const url = rerouted() ? partPath(this.id, number) : await this.#urlOf(number, signal);
        const elsewhere = !url.startsWith('/');
        let moved = 0;
        const onProgress = (bytes) => { moved = bytes; this.#flying.set(number, bytes); };
        try {
            await sendPart(url, blob, { onProgress, signal });
            if (elsewhere) straight = true;
            this.#acknowledged.add(number);
            this.#on.acknowledged(this.id, number);
        } catch (error) {
            if (error.status === 0) {
                await checkReadable(blob);
                // A bucket that has dropped the upload may break the connection instead of saying so; the server tells (404).
                const there = await readUpload(this.id, signal).catch((why) => { if (why.status === 404) throw why; });
                error.shut = there && elsewhere && !moved;
            }
            throw error;
        } finally {
            this.#flying.delete(number);
        }
    }

    /** A URL for one try; some for the parts that follow are signed with it. */
    async #urlOf(number, signal) {
        for (let tries = 0; tries <= PARTS_OF_ONE; tries++) {
            const known = this.#urls.get(number);
            this.#urls.delete(number);
            if (known && known.until > performance.now()) return known.url;
            const next = [number, ...this.#queue.filter((other) => !this.#urls.has(other))].slice(0, SIGN_AT_ONCE);
            this.#signing ??= this.#sign(next, signal).finally(() => { this.#signing = null; });
            await this.#signing;  // perhaps another part's, without this one
        }
        throw new ApiError(200, null);
    }

    async #sign(numbers, signal) {
        const asked = performance.now();
        const { urls, expires_in: expiresIn } = await signParts(this.id, numbers, signal);
        const until = asked + Math.max(expiresIn * 1000 - URL_SPARE_MS, expiresIn * 500);
        for (const { number, url } of urls) this.#urls.set(number, { url, until });
    }

    /** Does `operation` until it is done or fails for good. */
    async #persist(operation, signal = this.#signal) {
        for (let tries = 0; ; tries++) {
            signal.throwIfAborted();
            try {
                const done = await operation();
                this.trouble = null;
                return done;
            } catch (error) {
                if (signal.aborted) throw signal.reason;
                if (!mayPass(error)) throw error;
                await this.#wait(backoff(tries), error, signal);
            }
        }
    }

    /** Until the time is over, or the browser says that the network is back. */
    #wait(ms, error, signal) {
        this.trouble = { message: navigator.onLine ? error.message : text.upload.noNetwork, until: Date.now() + ms };
        const over = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
        return new Promise((resolve) => {
            over.addEventListener('abort', resolve);
            window.addEventListener('online', resolve, { signal: over });
        });
    }
}
