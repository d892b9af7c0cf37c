// The program's HTTP interface. Every failure is an ApiError whose message can be shown as it is.
import { askedAlready } from './first.js';
import { text } from './strings.js';

export class ApiError extends Error {
    /** `problem`: the body of an application/problem+json answer; null where there was none. */
    constructor(status, problem) {
        super(problem?.detail || problem?.title || (status ? text.badAnswer(status) : text.offline));
        this.status = status;
        this.code = problem?.code ?? null;
    }
}

export const meetingPath = (id, rest = '') => `/api/meetings/${encodeURIComponent(id)}${rest}`;

const query = (params) => {
    const set = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== '');
    return set.length ? `?${new URLSearchParams(set)}` : '';
};

/** Whoever shows the sign-in form is told (access.js). */
function refused(error) {
    if (error.status !== 401) return error;
    error.message = text.access.refused;
    window.dispatchEvent(new Event('hansard:unauthorized'));
    return error;
}

/** What `answer` becomes; where that fails, an ApiError with this status. */
async function taken(answer, status) {
    try {
        return await answer;
    } catch (error) {
        throw error.name === 'AbortError' ? error : new ApiError(status, null);
    }
}

export async function send(path, options) {
    const response = await taken(askedAlready(path) ?? fetch(path, options), 0);
    if (!response.ok) throw refused(new ApiError(response.status, await response.json().catch(() => null)));
    return response;
}

export async function json(path, options) {
    const response = await send(path, options);
    return taken(response.json(), response.status);
}

/** A page of the list: `filter` may hold from, to, tag, open_actions. */
export const listMeetings = (filter, cursor, signal) => json(`/api/meetings${query({ limit: 50, ...filter, cursor })}`, { signal });

export const listJobs = async (signal) => (await json('/api/jobs', { signal })).jobs;

export const readStorage = (signal) => json('/api/storage', { signal });

/** {meeting, etag}; the ETag is what an edit must carry. */
export async function readMeeting(id, signal) {
    const response = await send(meetingPath(id), { signal, cache: 'no-cache' });
    const body = await response.json().catch(() => null);
    if (!body?.meeting) throw new ApiError(response.status, null);
    return { meeting: body.meeting, etag: response.headers.get('ETag') };
}

export const readWaveform = (id, signal) => json(meetingPath(id, '/waveform'), { signal });

/** Edits on the ETag that was read: {etag, added}, the new one and the ids of new items; ApiError with status 412 where someone else was first. */
export async function editMeeting(id, etag, patch) {
    const response = await send(meetingPath(id), {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', 'If-Match': etag ?? '' },
        body: JSON.stringify(patch),
    });
    const { added = [] } = await response.json().catch(() => ({}));
    return { etag: response.headers.get('ETag') ?? (await readMeeting(id)).etag, added };
}

export const deleteMeeting = (id, options = {}) => send(meetingPath(id), { method: 'DELETE', ...options });

export const retryMeeting = (id) => send(meetingPath(id, '/retry'), { method: 'POST' });

/** Why the recording can't be had (archived, removed, …), in the server's words; null where it can. */
export async function whyNoAudio(id, signal) {
    // The way to a recording leads elsewhere: a redirect that is not followed says that it is there.
    const response = await fetch(audioPath(id), { redirect: 'manual', signal });
    if (response.ok || response.type === 'opaqueredirect') return null;
    return new ApiError(response.status, await response.json().catch(() => null)).message;
}

export const audioPath = (id) => meetingPath(id, '/audio');

export const exportPath = (id, format) => meetingPath(id, `/export${query({ format })}`);

export const exportText = async (id, format) => (await send(exportPath(id, format))).text();

export const search = async (q, limit, offset, signal) => (await json(`/api/search${query({ q, limit, offset })}`, { signal })).hits;

/** {items, owners}; the owners where filter.owners asks for them. */
export const listItems = (filter, signal) => json(`/api/items${query(filter)}`, { signal });

/** Server-sent events of a meeting in progress, closed when `signal` aborts. */
export function watchMeeting(id, { onProgress, onDone, onLost }, signal) {
    const source = new EventSource(meetingPath(id, '/events'));
    source.addEventListener('progress', (event) => onProgress(JSON.parse(event.data)));
    source.addEventListener('done', () => { source.close(); onDone(); });
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) onLost(); });
    signal.addEventListener('abort', () => source.close());
}

const uploadPath = (id, rest = '') => `/api/uploads/${encodeURIComponent(id)}${rest}`;

export const post = (body, signal) => ({
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal,
});

/** Begins an upload in parts: {meeting_id, part_size, part_count, …}. ApiError with status 409 where files are taken whole only. */
export const beginUpload = (file, signal) =>
    json('/api/uploads', post({ filename: file.name, size: file.size, content_type: file.type || null }, signal));

/** What is known of an upload, with its `parts` that are there: [{number, size}]. */
export const readUpload = (id, signal) => json(uploadPath(id), { signal, cache: 'no-store' });

/** {urls: [{number, url}], expires_in}: where to send these parts. */
export const signParts = (id, numbers, signal) => json(uploadPath(id, '/parts'), post({ numbers }, signal));

/** All parts are there: it becomes a meeting. May be asked for again. */
export const completeUpload = (id, signal) => json(uploadPath(id, '/complete'), { method: 'POST', signal });

export const listUploads = async (signal) => (await json('/api/uploads', { signal })).uploads;

export const cancelUpload = (id) => send(uploadPath(id), { method: 'DELETE' });

/**
 * Sends a body and resolves to the JSON of the answer (null: it has none). fetch() can't tell how far it is, XMLHttpRequest can. With
 * `stallMs` it breaks off when nothing moves for so long; once this server has it all, when it does not answer for ANSWER_MS.
 */
function transmit(method, path, body, { type, onProgress, signal, broken, stallMs = 0 }) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        let timer = null, stalled = false;
        const alive = (ms = stallMs) => {
            clearTimeout(timer);
            if (stallMs) timer = setTimeout(() => { stalled = true; request.abort(); }, ms);
        };
        const stop = () => request.abort();
        request.open(method, path);
        if (type) request.setRequestHeader('Content-Type', type);
        request.responseType = 'json';
        request.upload.addEventListener('progress', (event) => { alive(); onProgress(event.loaded); });
        request.upload.addEventListener('load', () => { if (path.startsWith('/')) alive(ANSWER_MS); });
        request.addEventListener('load', () => {
            if (request.status >= 200 && request.status < 300) resolve(request.response);
            else reject(refused(new ApiError(request.status, request.response)));
        });
        request.addEventListener('error', () => reject(new ApiError(0, { detail: broken })));
        request.addEventListener('abort', () => {
            reject(stalled ? new ApiError(0, { detail: text.upload.stalled }) : new DOMException('', 'AbortError'));
        });
        request.addEventListener('loadend', () => { clearTimeout(timer); signal.removeEventListener('abort', stop); });
        signal.addEventListener('abort', stop);
        alive();
        request.send(body);
    });
}

const STALL_MS = 60000;
const ANSWER_MS = 600000; // it may be passing the part on to the bucket, slowly, and trying again

/** Puts a part to its signed URL, which may lead to a bucket, or to partPath(). */
export const sendPart = (url, blob, { onProgress, signal }) =>
    transmit('PUT', url, blob, { onProgress, signal, broken: text.upload.partBroken, stallMs: STALL_MS });

/** Where the server itself takes a part. */
export const partPath = (id, number) => uploadPath(id, `/parts/${number}`);

/** Sends a file whole. Resolves to {meeting_id, status}. */
export async function uploadFile(file, { onProgress, signal }) {
    const path = `/api/meetings${query({ filename: file.name })}`;
    const type = file.type || 'application/octet-stream';
    const answer = await transmit('POST', path, file, { type, onProgress, signal, broken: text.upload.broken });
    if (!answer) throw new ApiError(200, null);
    return answer;
}
