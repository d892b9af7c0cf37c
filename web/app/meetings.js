// The list of meetings: uploads and work in progress on top, then every meeting, newest first.
import { listJobs, listMeetings } from './api.js';
import { announce, fill, h, notice } from './dom.js';
import { duration, parseTime, when } from './format.js';
import { createProgress } from './progress.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';
import { uploadPanel, uploadEvents } from './upload.js';

const POLL_BUSY_MS = 2000;
const POLL_IDLE_MS = 15000;

// Kept while the page is open, so that coming back from a meeting finds the list as it was.
const list = { rows: [], cursor: null, loaded: false, scroll: 0, notice: null };

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

const titleOf = (row) => row.title || row.filename || text.meetings.untitled;

function meetingRow(row) {
    const date = parseTime(row.timestamp);
    return h('li.row', h('a.row-link', { href: link.meeting(row.meeting_id) },
        h('span.row-title', titleOf(row)),
        h('span.row-meta', date && h('time', { datetime: date.toISOString() }, when(row.timestamp)),
            row.duration_ms > 0 && h('span', duration(row.duration_ms)),
            (row.tags ?? []).map((tag) => h('span.tag', tag)))),
    h('ul.chips', countChips(row)));
}

/** The rows of the jobs, newest first; each is kept while its job lives, so that bars move and focus stays. */
function createJobs(onChange) {
    const rows = new Map();
    const element = h('ul.rows.jobs', { 'aria-label': text.meetings.progress });
    /** Shows `jobs` and returns the ids of those that were shown before and are gone. */
    function update(jobs) {
        const live = new Set(jobs.map((job) => job.meeting_id));
        const gone = [...rows.keys()].filter((id) => !live.has(id));
        for (const id of gone) {
            rows.get(id).element.remove();
            rows.delete(id);
        }
        for (const job of jobs.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1))) {
            let row = rows.get(job.meeting_id);
            if (!row) {
                const progress = createProgress(job.meeting_id, onChange);
                row = { progress };
                row.element = h('li.row', h('a.row-link', { href: link.meeting(job.meeting_id) },
                    h('span.row-title', titleOf(job)), h('span.row-meta', h('span', when(job.timestamp)))), progress.element);
                rows.set(job.meeting_id, row);
                element.prepend(row.element);
            }
            row.element.classList.toggle('failed', job.status === 'failed');
            row.progress.update(job);
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

const emptyState = () => h('section.empty', h('h2', text.meetings.emptyTitle), h('p', { hidden: true }, h('strong.reason')),
    h('p', text.meetings.empty),
    h('p.aside', text.meetings.emptyShell, ' ', h('code', text.meetings.emptyCommand)));

export async function meetingsPage({ main, signal }) {
    setTitle('');
    const rows = h('ul.rows', { 'aria-label': text.meetings.title });
    const empty = emptyState();
    const more = h('button.plain.more', { hidden: true, onclick: () => loadMore() }, text.meetings.more);
    const drop = uploadPanel();
    const jobs = createJobs(() => poll());

    function render() {
        fill(rows, list.rows.map(meetingRow));
        more.hidden = list.cursor === null;
        showEmpty();
    }

    function showEmpty() {
        const none = list.loaded && list.rows.length === 0;
        empty.hidden = !none || !jobs.isEmpty();
        const reason = empty.querySelector('.reason');
        reason.textContent = list.notice ?? '';
        reason.parentElement.hidden = !list.notice;
        drop.classList.toggle('large', none);
    }

    async function refresh() {
        merge(await listMeetings(null, signal));
        render();
    }

    let loading = false;
    async function loadMore() {
        if (loading || list.cursor === null) return;
        loading = true;
        try {
            const page = await listMeetings(list.cursor, signal);
            list.rows = list.rows.concat(page.meetings);
            list.cursor = page.next_cursor ?? null;
            rows.append(...page.meetings.map(meetingRow));
            more.hidden = list.cursor === null;
        } catch (error) {
            if (!signal.aborted) notice(error.message, { error: true });
        }
        loading = false;
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
            if (!signal.aborted && !lost) notice(error.message, { error: true });
            lost = true;
            return POLL_IDLE_MS;
        }
    }, signal);

    if (list.loaded) render();
    main.append(h('h1.unseen', text.meetings.title), drop, jobs.element, empty, rows, more);
    empty.hidden = true;
    jobs.element.hidden = true;
    const scroll = list.scroll;
    await refresh();
    window.scrollTo(0, scroll);
    window.addEventListener('scroll', () => { if (!signal.aborted) list.scroll = window.scrollY; }, { signal, passive: true });
    uploadEvents.addEventListener('sent', poll, { signal });
    const nearEnd = (entries) => { if (entries.some((entry) => entry.isIntersecting)) loadMore(); };
    const watcher = new IntersectionObserver(nearEnd, { rootMargin: '400px' });
    watcher.observe(more);
    signal.addEventListener('abort', () => watcher.disconnect());
    poll();
}
