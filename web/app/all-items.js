// Items of all meetings: what is still to do, what is required; by who, until when and how far.
import { editMeeting, listItems, readMeeting } from './api.js';
import { fill, h, notice, options, tell } from './dom.js';
import { localTime, when } from './format.js';
import { itemCard, kinds } from './items.js';
import { createMore, keepInAddress } from './paging.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';

const PAGE = 50;
const DAY_MS = 86400000;

/** Changes an item on its meeting's present state. */
async function saveItem(meetingId, id, change) {
    try {
        const { etag } = await readMeeting(meetingId);
        await editMeeting(meetingId, etag, { items: { [id]: change } });
        return true;
    } catch (error) {
        notice(text.conflict.notSaved(error.status === 412 ? text.conflict.title : error.message), { error: true });
        return false;
    }
}

/** A day from today on, as an ISO date of this place's calendar. */
function dayFromNow(days) {
    return localTime(new Date(Date.now() + days * DAY_MS)).slice(0, 10);
}

const dueRanges = {
    '': {},
    overdue: { due_to: () => dayFromNow(-1) },
    week: { due_to: () => dayFromNow(7) },
    month: { due_to: () => dayFromNow(30) },
};

export async function itemsPage({ main, query, signal }) {
    const wanted = Object.fromEntries(['kind', 'status', 'owner', 'due', 'sort'].map((name) => [name, query.get(name) ?? '']));
    if (!kinds.includes(wanted.kind)) wanted.kind = 'action';
    if (!query.has('status')) wanted.status = 'open';
    setTitle(text.items.title);
    const rows = h('ul.items.wide'), none = h('p.aside', { role: 'status' }, text.loading);
    let shown = 0, asked = 0, turn = 0;

    /** What the list would no longer hold is still shown, but counts no more when the next page is asked for. */
    async function onChange(item, change, before) {
        const saved = await saveItem(item.meeting_id, item.id, change);
        const open = (status) => status === 'draft' || status === 'confirmed';
        const fits = (status) => !wanted.status || wanted.status === status || (wanted.status === 'open' && open(status));
        if (saved && change.status) asked += fits(change.status) - fits(before.status);
        return saved;
    }

    function card(item) {
        const start = item.evidence?.[0]?.start_ms ?? null;
        const meeting = h('a', { href: link.meeting(item.meeting_id, start) }, item.title || item.meeting_id);
        return itemCard(item, {
            kind: item.kind,
            context: h('p.context', meeting, ' ', when(item.timestamp)),
            onQuote: (evidence) => { location.hash = link.meeting(item.meeting_id, evidence.start_ms); },
            onChange: (id, change, before) => onChange(item, change, before),
        });
    }

    async function load() {
        const dates = Object.fromEntries(Object.entries(dueRanges[wanted.due] ?? {}).map(([name, day]) => [name, day()]));
        const { kind, status, owner, sort } = wanted;
        const filter = { kind, status, owner, sort, ...dates, limit: PAGE, offset: asked, owners: asked === 0 ? 1 : null };
        const mine = turn, page = await listItems(filter, signal);
        if (mine !== turn) return true;  // another filter is asked for by now
        if (page.owners) showOwners(page.owners);
        asked += page.items.length;
        shown += page.items.length;
        rows.append(...page.items.map(card));
        none.textContent = shown ? '' : text.items.allNone;
        none.hidden = shown > 0;
        return page.items.length === PAGE;
    }
    const more = createMore(load, signal);

    async function restart() {
        keepInAddress('items', wanted);
        shown = asked = 0;
        turn++;
        const mine = turn;
        fill(rows);
        const isMore = await load();
        if (mine === turn) more.show(isMore);
    }

    const choice = (name, labels) => {
        const change = () => { wanted[name] = select.value; restart().catch((error) => { if (!signal.aborted) tell(error); }); };
        const select = h('select', { onchange: change }, options(labels, wanted[name]));
        return { select, element: h('label', h('span', text.items.filters[name]), select) };
    };
    const owner = choice('owner', { '': text.items.anyone });
    function showOwners(owners) {
        const names = owners.map(({ owner: name, count }) => h('option', { value: name }, `${name} (${count})`));
        fill(owner.select, h('option', { value: '' }, text.items.anyone), names);
        if (wanted.owner && !owners.some((one) => one.owner === wanted.owner))
            owner.select.append(h('option', { value: wanted.owner }, wanted.owner));
        owner.select.value = wanted.owner;
    }
    main.append(h('h1', text.items.title),
        h('nav.tabs.scroll', { 'aria-label': text.items.kind }, kinds.map((name) =>
            h('a', { href: `#/items?kind=${name}`, 'aria-current': name === wanted.kind && 'page' }, text.items[name]))),
        h('div.filters', owner.element, choice('status', text.items.statuses).element,
            choice('due', text.items.dues).element, choice('sort', text.items.sorts).element),
        none, rows, more.element);
    more.show(await load());
}
