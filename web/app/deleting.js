// Deleting a meeting, with a few seconds in which it can be taken back. The user has said yes, so it is noted in this browser first: a page that is
// closed or dies meanwhile sends it on its way out, or at its next start.
import { deleteMeeting } from './api.js';
import { h, iconButton, notice } from './dom.js';
import { storedList } from './kept.js';
import { text } from './strings.js';

const KEY = 'hansard.deleting';
const UNDO_MS = 8000;
const OTHER_TAB_MS = 5000;  // after its time is up another page's delete is taken over

/** Fires `changed` when a meeting is to be hidden, or to be shown again; `gone` (detail: its id) before that when it is deleted. */
export const deleteEvents = new EventTarget();

const timers = new Map();  // id → its timer, in this page

const { read, write } = storedList(KEY, (entry) => Number.isFinite(entry.due));

function changed() {
    deleteEvents.dispatchEvent(new Event('changed'));
}

function forget(id) {
    clearTimeout(timers.get(id));
    timers.delete(id);
    write(read().filter((entry) => entry.id !== id));
}

/** Whether a list is not to show this meeting. */
export const isDeleting = (id) => timers.has(id) || read().some((entry) => entry.id === id);

async function send(id, title) {
    try {
        await deleteMeeting(id);
    } catch (error) {
        if (error.status !== 404) {
            forget(id);
            changed();
            notice(text.deleting.failed(title, error.message), { error: true, action: { label: text.retry, run: () => deleteSoon(id, title) } });
            return;
        }
    }
    deleteEvents.dispatchEvent(new CustomEvent('gone', { detail: id }));
    forget(id);
    changed();
}

export function deleteSoon(id, title) {
    const due = Date.now() + UNDO_MS;
    write([...read().filter((entry) => entry.id !== id), { id, title, due }]);
    const box = h('div.notice', h('p', text.deleting.said(title)),
        h('button.plain', { onclick: () => { forget(id); box.remove(); changed(); notice(text.deleting.kept); } }, text.deleting.undo),
        iconButton('close', text.close, () => { box.remove(); clearTimeout(timers.get(id)); send(id, title); }));
    document.getElementById('notices').append(box);
    timers.set(id, setTimeout(() => { box.remove(); send(id, title); }, UNDO_MS));
    changed();
}

/** To be called once: takes care of what an earlier page has left, and of leaving this one. */
export function startDeleting() {
    window.addEventListener('pagehide', () => { for (const id of timers.keys()) deleteMeeting(id, { keepalive: true }).catch(() => {}); });
    for (const { id, title, due } of read()) {
        const wait = Math.max(0, Math.min(due - Date.now(), UNDO_MS) + OTHER_TAB_MS);
        setTimeout(() => { if (read().some((entry) => entry.id === id)) send(id, title ?? ''); }, wait);
    }
}
