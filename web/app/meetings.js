// The list of meetings: uploads and work in progress on top, then every meeting, newest first.
import { listJobs, listMeetings } from './api.js';
import { deleteEvents, isDeleting } from './deleting.js';
import { announce, fill, h, icon, iconButton, options, tell } from './dom.js';
import { uploadEvents, uploadPanel } from './drop.js';
import { duration, parseTime, when } from './format.js';
import { createMore, keepInAddress } from './paging.js';
import { createJobRow, titleOf } from './progress.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';

const POLL_BUSY_MS = 2000;
const POLL_IDLE_MS = 15000;

// Kept while the page is open, so that coming back from a meeting finds the list as it was.
const list = { filter: '', rows: [], cursor: null, loaded: false, scroll: 0, notice: null };

deleteEvents.addEventListener('gone', (event) => { list.rows = list.rows.filter((row) => row.meeting_id !== event.detail); });

const FILTERS = ['state', 'tag', 'from', 'to', 'open'];
const jobStates = { working: (status) => status !== 'failed', failed: (status) => status === 'failed' };

/** What the server is asked for. A day is one of this place's calendar, and the last one belongs to it. */
function serverFilter({ tag, from, to, open }) {
    const midnight = (day, later = 0) => { const date = new Date(`${day}T00:00`); date.setDate(date.getDate() + later); return date.toISOString(); };
    return { tag, from: from && midnight(from), to: to && midnight(to, 1), open_actions: open && 1 };
}

/** The controls of the filter: {element, showTags(rows)}. `onChange` is called once `wanted` holds what the user has set. */
function filterBar(wanted, onChange) {
    const set = (name, value) => { wanted[name] = value; showCount(); onChange(); };
    const labelled = (name, control) => h('label', h('span', text.meetings.filters[name]), control);
    const state = h('select', { onchange: () => set('state', state.value) },
        options(text.meetings.states, wanted.state));
    const date = (name) => h('input', { type: 'date', value: wanted[name], onchange: (event) => set(name, event.target.value) });
    const tags = h('datalist', { id: 'tags' });
    const tag = h('input', { value: wanted.tag, list: 'tags', maxlength: 64, autocomplete: 'off', onchange: () => set('tag', tag.value.trim()) });
    const open = h('input', { type: 'checkbox', checked: Boolean(wanted.open), onchange: () => set('open', open.checked ? '1' : '') });
    const count = h('span.number');
    const element = h('details.filter', { open: FILTERS.some((name) => wanted[name]) },
        h('summary', icon('filter'), ` ${text.meetings.filter} `, count),
        h('div.filters', labelled('state', state), labelled('tag', tag), tags, labelled('from', date('from')), labelled('to', date('to')),
            h('label.check', open, h('span', text.meetings.filters.open))));
    function showCount() {
        const n = FILTERS.filter((name) => wanted[name]).length;
        count.textContent = n ? `(${n})` : '';
    }
    showCount();
    const known = new Set();
    function showTags(rows) {
        for (const name of rows.flatMap((row) => row.tags ?? [])) {
            if (!known.has(name)) tags.append(h('option', { value: name }));
            known.add(name);
        }
    }
    return { element, showTags };
}

/** Puts the newest page of the server in place of what the list knew of that span of time. */
function merge(page) {
    const last = page.meetings.at(-1);
    const known = last ? list.rows.findIndex((row) => row.meeting_id === last.meeting_id) : -1;
    if (known < 0) {
        list.rows = page.meetings;
        list.cursor = page.next_cursor ?? null;
    } else {
        list.rows = page.meetings.concat(list.rows.slice(known + 1));
    }
    list.loaded = true;
    list.notice = page.notice ?? null;
}

/** "3 actions", "2 decisions" …: only what there is. */
function countChips(row) {
    const numbers = {
        action: row.action_items_count,
        decision: row.decisions_count,
        question: row.questions_count,
        requirement: row.requirements_count,
    };
    const some = Object.entries(numbers).filter(([, n]) => n > 0);
    return some.map(([kind, n]) => h('li.chip', { class: `of-${kind}` }, text.meetings.counts[kind](n)));
}

function meetingRow(row) {
    const date = parseTime(row.timestamp);
    return h('li.row', h('a.row-link', { href: link.meeting(row.meeting_id) },
        h('span.row-title', titleOf(row)),
        h('span.row-meta', date && h('time', { datetime: date.toISOString() }, when(row.timestamp)),
            row.duration_ms > 0 && h('span', duration(row.duration_ms)),
            (row.tags ?? []).map((tag) => h('span.tag', tag)))),
    h('ul.chips', countChips(row)));
}

/** The rows of the jobs that are wanted(job), newest first; each is kept while its job lives, so that bars move and focus stays. */
function createJobs(onChange, wanted) {
    const rows = new Map();
    const element = h('ul.rows.jobs', { 'aria-label': text.meetings.progress });
    /** Shows `jobs` and returns the ids of those that were shown before and are gone. */
    function update(all) {
        const jobs = all.filter((job) => wanted(job) && !isDeleting(job.meeting_id));
        const live = new Set(jobs.map((job) => job.meeting_id));
        const gone = [...rows.keys()].filter((id) => !live.has(id));
        for (const id of gone) {
            rows.get(id).element.remove();
            rows.delete(id);
        }
        for (const job of jobs.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1))) {
            let row = rows.get(job.meeting_id);
            if (!row) {
                row = createJobRow(job, onChange);
                rows.set(job.meeting_id, row);
                element.prepend(row.element);
            }
            row.update(job);
        }
        element.hidden = rows.size === 0;
        return gone;
    }
    return { element, update, isEmpty: () => rows.size === 0 };
}

/** Calls `task` now, on `poke()`, and again after as many milliseconds as it returned; not while the page is hidden. */
function createPoll(task, signal) {
    let timer = null, running = false, again = false;
    async function run() {
        clearTimeout(timer);
        if (signal.aborted) return;
        if (running) { again = true; return; }
        running = true;
        const wait = document.hidden ? POLL_IDLE_MS : await task();
        running = false;
        if (!signal.aborted) timer = setTimeout(run, again ? 0 : wait);
        again = false;
    }
    document.addEventListener('visibilitychange', () => { if (!document.hidden) run(); }, { signal });
    signal.addEventListener('abort', () => clearTimeout(timer));
    return run;
}

const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
const startRecording = async () => (await import('./record.js')).startRecording();

const emptyState = () => h('section.empty', h('h2', text.meetings.emptyTitle), h('p', { hidden: true }, h('strong.reason')),
    h('p', text.meetings.empty),
    h('p.aside', text.meetings.emptyShell, ' ', h('code', text.meetings.emptyCommand)));

export async function meetingsPage({ main, query, signal }) {
    setTitle('');
    const wanted = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? '']));
    const isFiltered = () => FILTERS.some((name) => wanted[name]);
    const rows = h('ul.rows', { 'aria-label': text.meetings.title });
    const empty = emptyState(), none = h('p.aside', { role: 'status', hidden: true }, text.meetings.noneFits);
    const drop = uploadPanel(canRecord() && iconButton('record', text.record.open, startRecording, { shown: true, kind: 'plain' }));
    const jobs = createJobs(() => poll(), (job) => !wanted.state || (jobStates[wanted.state]?.(job.status) ?? false));
    const bar = filterBar(wanted, () => {
        keepInAddress('', wanted);
        restart().catch((error) => { if (!signal.aborted) tell(error); });
    });
    const more = createMore(loadMore, signal);

    const visible = (some) => (jobStates[wanted.state] ? [] : some.filter((row) => !isDeleting(row.meeting_id)));

    function render() {
        fill(rows, visible(list.rows).map(meetingRow));
        bar.showTags(list.rows);
        more.show(list.cursor !== null && !jobStates[wanted.state]);
        showEmpty();
    }

    function showEmpty() {
        const bare = list.loaded && visible(list.rows).length === 0 && list.cursor === null;
        empty.hidden = !bare || isFiltered() || !jobs.isEmpty();
        none.hidden = !(bare || jobStates[wanted.state]) || !isFiltered() || !jobs.isEmpty();
        bar.element.hidden = bare && !isFiltered();
        const reason = empty.querySelector('.reason');
        reason.textContent = list.notice ?? '';
        reason.parentElement.hidden = !list.notice;
        drop.classList.toggle('large', bare && !isFiltered());
    }

    async function refresh() {
        const key = JSON.stringify(wanted);
        const page = await listMeetings(serverFilter(wanted), null, signal);
        if (key !== JSON.stringify(wanted)) return;
        if (list.filter !== key) Object.assign(list, { filter: key, rows: [], cursor: null, scroll: 0 });
        merge(page);
        render();
    }

    async function restart() {
        await refresh();
        poll();
    }

    async function loadMore() {
        const key = list.filter;
        const page = await listMeetings(serverFilter(wanted), list.cursor, signal);
        if (key !== list.filter) return true;
        list.rows = list.rows.concat(page.meetings);
        list.cursor = page.next_cursor ?? null;
        rows.append(...visible(page.meetings).map(meetingRow));
        bar.showTags(page.meetings);
        return list.cursor !== null;
    }

    // A job that is gone has become a meeting (or was deleted): the list is read again.
    let lost = false;
    const poll = createPoll(async () => {
        try {
            const current = await listJobs(signal);
            const gone = jobs.update(current);
            if (lost || gone.length) await refresh();
            showEmpty();
            const ready = list.rows.filter((row) => gone.includes(row.meeting_id));
            ready.forEach((row) => announce(text.meetings.ready(titleOf(row))));
            lost = false;
            return current.some((job) => job.status !== 'failed') ? POLL_BUSY_MS : POLL_IDLE_MS;
        } catch (error) {
            if (!signal.aborted && !lost) tell(error);
            lost = true;
            return POLL_IDLE_MS;
        }
    }, signal);

    if (list.loaded && list.filter === JSON.stringify(wanted)) render();
    main.append(h('h1.unseen', text.meetings.title), drop, jobs.element, bar.element, none, empty, rows, more.element);
    empty.hidden = true;
    jobs.element.hidden = true;
    const { scroll } = list;
    await refresh();
    if (scroll) window.scrollTo(0, scroll);
    window.addEventListener('scroll', () => { if (!signal.aborted) list.scroll = window.scrollY; }, { signal, passive: true });
    uploadEvents.addEventListener('sent', poll, { signal });
    deleteEvents.addEventListener('changed', () => { render(); poll(); }, { signal });
    poll();
}
