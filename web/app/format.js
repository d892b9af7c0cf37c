// Numbers and times as people read them.
import { date, timeText } from './first.js';

const pad = (n) => String(n).padStart(2, '0');

/** A place in a recording: 7:05, 1:02:03. */
export function clock(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    const hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
    return hours ? `${hours}:${pad(minutes)}:${pad(s % 60)}` : `${minutes}:${pad(s % 60)}`;
}

/** A length of time: 45 s, 12 min, 1 h 5 min. */
export function duration(ms) {
    const s = Math.round(ms / 1000);
    if (s < 60) return `${s} s`;
    const minutes = Math.round(s / 60);
    if (minutes < 60) return `${minutes} min`;
    return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function bytes(n) {
    if (n < 1000) return `${n} B`;
    const units = ['kB', 'MB', 'GB', 'TB'];
    let unit = -1;
    while (n >= 999.5 && unit < units.length - 1) { n /= 1000; unit++; }
    return `${n < 9.95 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

export const percent = (part) => `${Math.floor(Math.min(1, Math.max(0, part)) * 100)} %`;

/** 2026-11-30T09:05:00, of this place's clock. */
export const localTime = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);

/** A time of the API; one without a zone is UTC (records of the first version). null where it is none. */
export function parseTime(text) {
    if (!text) return null;
    const date = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
    return Number.isNaN(date.getTime()) ? null : date;
}

let dayOnly = null; // takes milliseconds to be made

export function when(text) {
    const time = parseTime(text);
    return time ? timeText(time) : '';
}

/** A due date (2026-11-30); other text stands as it is. */
export function day(text) {
    const time = /^\d{4}-\d\d-\d\d$/.test(text) ? parseTime(`${text}T00:00:00Z`) : null;
    dayOnly ??= new Intl.DateTimeFormat(undefined, { ...date, timeZone: 'UTC' });
    return time ? dayOnly.format(time) : text;
}
