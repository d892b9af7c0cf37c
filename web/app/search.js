// Search over all meetings; each hit leads to the second where it was said.
import { search } from './api.js';
import { fill, h } from './dom.js';
import { clock, when } from './format.js';
import { createMore } from './paging.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';

const PAGE = 50;
const MARKS = /\uE000([^\uE001]*)\uE001/;

/** The snippet with its hits, which stand between U+E000 and U+E001, in <mark>: every other piece of the split is a hit. */
const snippet = (marked) => marked.split(MARKS).map((piece, i) => (i % 2 ? h('mark', piece) : piece));

function hitRow(hit) {
    const place = [hit.speaker, Number.isFinite(hit.start_ms) ? clock(hit.start_ms) : null].filter(Boolean).join(' ');
    return h('li.row.hit', h('a.row-link', { href: link.meeting(hit.meeting_id, hit.start_ms ?? null) },
        h('span.snippet', snippet(hit.snippet ?? '')),
        h('span.row-meta', h('span.chip', { class: `of-${hit.kind}` }, text.search.kinds[hit.kind] ?? hit.kind),
            place && h('span.stamp', place))));
}

/** Hits of one meeting together, meetings in the order of their best hit; add(hits) goes on with the next page. */
function createGroups() {
    const lists = new Map();
    const element = h('div.groups');
    function add(hits) {
        for (const hit of hits) {
            const { meeting_id: id, title, timestamp } = hit;
            if (!lists.has(id)) {
                lists.set(id, h('ul.rows'));
                const heading = h('h2', h('a', { href: link.meeting(id) }, title || id), ' ', h('small', when(timestamp)));
                element.append(h('section.group', heading, lists.get(id)));
            }
            lists.get(id).append(hitRow(hit));
        }
    }
    return { element, add };
}

export async function searchPage({ main, query, signal }) {
    const words = (query.get('q') ?? '').trim();
    setTitle(words ? `${text.search.title}: ${words}` : text.search.title);
    const line = h('p.aside', { role: 'status' }, words ? text.loading : text.search.hint);
    main.append(h('h1', text.search.title), line);
    if (!words) return;
    const groups = createGroups();
    let count = 0;
    async function load() {
        const hits = await search(words, PAGE, count, signal);
        count += hits.length;
        groups.add(hits);
        const more = hits.length === PAGE;
        fill(line, count ? text.search.hits(count, words, more) : [text.search.none(words), ' ', text.search.hint]);
        return more;
    }
    const more = createMore(load, signal);
    main.append(groups.element, more.element);
    more.show(await load());
}
