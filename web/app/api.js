// The program's HTTP interface. Every failure is an ApiError whose message can be shown as it is.
import { text } from './strings.js';

export class ApiError extends Error {
    /** `problem`: the body of an application/problem+json answer; null where there was none. */
    constructor(status, problem) {
        super(problem?.detail || problem?.title || (status ? text.badAnswer(status) : text.offline));
        this.status = status;
        this.code = problem?.code ?? null;
    }
}

const meetingPath = (id, rest = '') => `/api/meetings/${encodeURIComponent(id)}${rest}`;

const query = (params) => {
    const set = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== '');
    return set.length ? `?${new URLSearchParams(set)}` : '';
};

async function send(path, options) {
    let response;
    try {
        response = await fetch(path, { credentials: 'same-origin', ...options });
    } catch (error) {
        if (error.name === 'AbortError') throw error;
        throw new ApiError(0, null);
    }
    if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => null));
    return response;
}

async function json(path, options) {
    const response = await send(path, options);
    try {
        return await response.json();
    } catch (error) {
        if (error.name === 'AbortError') throw error;
        throw new ApiError(response.status, null);
    }
}

export const listMeetings = (cursor, signal) => json(`/api/meetings${query({ limit: 50, cursor })}`, { signal });

export const listJobs = async (signal) => (await json('/api/jobs', { signal })).jobs;

/** {meeting, etag}; the ETag is what an edit must carry. */
export async function readMeeting(id, signal) {
    const response = await send(meetingPath(id), { signal, cache: 'no-cache' });
    const body = await response.json().catch(() => null);
    if (!body?.meeting) throw new ApiError(response.status, null);
    return { meeting: body.meeting, etag: response.headers.get('ETag') };
}

export const readWaveform = (id, signal) => json(meetingPath(id, '/waveform'), { signal });

/** Edits on the ETag that was read and returns the new one; ApiError with status 412 where someone else was first. */
export async function editMeeting(id, etag, patch) {
    const response = await send(meetingPath(id), {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', 'If-Match': etag ?? '' },
        body: JSON.stringify(patch),
    });
    return response.headers.get('ETag') ?? (await readMeeting(id)).etag;
}

export const deleteMeeting = (id) => send(meetingPath(id), { method: 'DELETE' });

export const retryMeeting = (id) => send(meetingPath(id, '/retry'), { method: 'POST' });

export const exportPath = (id, format) => meetingPath(id, `/export${query({ format })}`);

export const exportText = async (id, format) => (await send(exportPath(id, format))).text();

export const search = async (q, signal) => (await json(`/api/search${query({ q })}`, { signal })).hits;

export const listItems = async (filter, signal) => (await json(`/api/items${query(filter)}`, { signal })).items;

/** Server-sent events of a meeting in progress, closed when `signal` aborts. */
export function watchMeeting(id, { onProgress, onDone, onLost }, signal) {
    const source = new EventSource(meetingPath(id, '/events'));
    source.addEventListener('progress', (event) => onProgress(JSON.parse(event.data)));
    source.addEventListener('done', () => { source.close(); onDone(); });
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) onLost(); });
    signal.addEventListener('abort', () => source.close());
}

/** Sends a file as it is. fetch() can't tell how far an upload is, XMLHttpRequest can. Resolves to {meeting_id, status}. */
export function uploadFile(file, { onProgress, signal }) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open('POST', `/api/meetings${query({ filename: file.name })}`);
        if (file.type) request.setRequestHeader('Content-Type', file.type);
        else request.setRequestHeader('Content-Type', 'application/octet-stream');
        request.responseType = 'json';
        request.upload.addEventListener('progress', (event) => onProgress(event.loaded));
        request.addEventListener('load', () => {
            if (request.status >= 200 && request.status < 300 && request.response) resolve(request.response);
            else reject(new ApiError(request.status, request.response));
        });
        request.addEventListener('error', () => reject(new ApiError(0, { detail: text.upload.broken })));
        request.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
        signal.addEventListener('abort', () => request.abort());
        request.send(file);
    });
}
