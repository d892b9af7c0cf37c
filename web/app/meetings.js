// The list of meetings: uploads and work in progress on top, then every meeting, newest first.
import { listJobs, listMeetings } from './api.js';
import { deleteEvents, isDeleting } from './deleting.js';
import { announce, fill, h, tell } from './dom.js';
import { startPanel, uploadEvents } from './drop.js';
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

/**
 * Makes the controls of the filter work: {showTags(rows)}. `onChange` is called once `wanted` holds what the user has set; what was set before this
 * is put into `wanted` at once.
 */
function startFilter(element, wanted, onChange) {
    for (const name of FILTERS) {
        const control = element.querySelector(`[name=${name}]`), isBox = control.type === 'checkbox';
        const read = () => (isBox ? (control.checked ? '1' : '') : control.value.trim());
        wanted[name] = read() || wanted[name];
        if (isBox) control.checked = Boolean(wanted[name]);
        else if (!control.value) control.value = wanted[name];
        control.addEventListener('change', () => {
            wanted[name] = read();
            showCount();
            onChange();
        });
    }
    function showCount() {
        const n = FILTERS.filter((name) => wanted[name]).length;
        element.querySelector('.number').textContent = n ? `(${n})` : '';
        return n;
    }
    if (showCount()) element.open = true;
    const known = new Set();
    function showTags(rows) {
        for (const name of rows.flatMap((row) => row.tags ?? [])) {
            if (!known.has(name)) element.querySelector('datalist').append(h('option', { value: name }));
            known.add(name);
        }
    }
    return { showTags };
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

const elementOf = (row) => row.element ??= meetingRow(row);

const idOf = (element) => decodeURIComponent(element.querySelector('a').hash.slice('#/m/'.length));

/** A row that came with the HTML, as far as a list needs to know what it shows. */
const carriedRow = (element) => ({
    element: Object.assign(element, { hidden: false }), meeting_id: idOf(element), title: element.querySelector('.row-title').textContent,
    tags: [...element.querySelectorAll('.tag')].map((tag) => tag.textContent),
});

const focusables = (element) => [...element.querySelectorAll('a, button')];

/**
 * The rows of the jobs that are wanted(job), newest first; each is kept while its job lives, so that bars move and focus stays. What came with the
 * HTML is in the place of its row until the job is known.
 */
function createJobs(element, onChange, wanted) {
    const rows = new Map([...element.children].map((row) => [idOf(row), { element: row }]));
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
            let row = rows.get(job.meeting_id), focused = -1;
            if (!row?.update) {
                const place = row?.element;
                row = createJobRow(job, onChange);
                rows.set(job.meeting_id, row);
                if (place) {
                    focused = focusables(place).indexOf(document.activeElement);
                    place.replaceWith(row.element);
                } else {
                    element.prepend(row.element);
                }
            }
            row.update(job);
            const now = focused < 0 ? [] : focusables(row.element);
            (now[focused] ?? now[0])?.focus({ preventScroll: true });
        }
        return gone;
    }
    return { update, isEmpty: () => rows.size === 0 };
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

const startRecording = async () => (await import('./rest.js')).startRecording();

export async function meetingsPage({ main, query, signal }) {
    setTitle('');
    const wanted = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? '']));
    const isFiltered = () => FILTERS.some((name) => wanted[name]);
    const { cursor } = document.body.dataset; // of the list that came with the HTML
    const carried = cursor !== undefined;
    if (!carried) main.append(document.getElementById('list').content.cloneNode(true));
    const [drop, working, filter, none, empty, rows] = ['.upload', '.jobs', '.filter', '.none', '.empty', '.list']
        .map((selector) => main.querySelector(selector));
    if (carried) {
        delete document.body.dataset.cursor;
        Object.assign(list, { filter: JSON.stringify(wanted), rows: [...rows.children].map(carriedRow), cursor: cursor || null, loaded: true });
    }
    startPanel(drop);
    drop.querySelector('.drop button')?.addEventListener('click', startRecording);
    const jobs = createJobs(working, () => poll(), (job) => !wanted.state || (jobStates[wanted.state]?.(job.status) ?? false));
    const bar = startFilter(filter, wanted, () => {
        keepInAddress('', wanted);
        restart().catch((error) => { if (!signal.aborted) tell(error); });
    });
    const more = createMore(loadMore, signal);

    const visible = (some) => (jobStates[wanted.state] ? [] : some.filter((row) => !isDeleting(row.meeting_id)));

    function render() {
        const shown = visible(list.rows).map(elementOf);
        if (shown.length !== rows.children.length || shown.some((element, i) => element !== rows.children[i])) fill(rows, shown);
        bar.showTags(list.rows);
        more.show(list.cursor !== null && !jobStates[wanted.state]);
        showEmpty();
    }

    function showEmpty() {
        const bare = list.loaded && visible(list.rows).length === 0 && list.cursor === null;
        empty.hidden = !bare || isFiltered() || !jobs.isEmpty();
        none.hidden = !(bare || jobStates[wanted.state]) || !isFiltered() || !jobs.isEmpty();
        filter.hidden = bare && !isFiltered();
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
        rows.append(...visible(page.meetings).map(elementOf));
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

    const fresh = list.loaded && list.filter === JSON.stringify(wanted);
    if (fresh) render();
    else if (carried) keepInAddress('', wanted);
    main.append(more.element);
    const { scroll } = list;
    if (!carried || !fresh) await refresh();
    if (scroll) window.scrollTo(0, scroll);
    window.addEventListener('scroll', () => { if (!signal.aborted) list.scroll = window.scrollY; }, { signal, passive: true });
    uploadEvents.addEventListener('sent', poll, { signal });
    deleteEvents.addEventListener('changed', () => { render(); poll(); }, { signal });
    poll();
}
