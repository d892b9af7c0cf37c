// What the store holds and costs, what room there is, what was mended in it, and how the work goes.
import { listJobs, readStorage } from './api.js';
import { fill, h } from './dom.js';
import { bytes, when } from './format.js';
import { setTitle } from './router.js';
import { text } from './strings.js';

const POLL_MS = 2000;
const words = text.storage;

/** An amount in a currency of which a price table may have any name. */
function money(amount, currency) {
    const plain = (n) => (/^[A-Z]{3}$/.test(currency) ? new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(n)
        : `${n.toFixed(2)} ${currency ?? ''}`);
    return amount > 0 && amount < .01 ? words.under(plain(.01)) : plain(amount);
}

/** A line a kind, its storage classes together. */
function kindsTable({ storage, prices }) {
    const sums = new Map();
    for (const { kind, objects, bytes: size, month } of storage.kinds) {
        const sum = sums.get(kind) ?? { objects: 0, bytes: 0, month: 0 };
        sums.set(kind, { objects: sum.objects + objects, bytes: sum.bytes + size, month: sum.month + month });
    }
    const line = (name, sum) => h('tr', h('th', { scope: 'row' }, name),
        [sum.objects.toLocaleString(), bytes(sum.bytes), money(sum.month, prices.currency)].map((cell) => h('td', cell)));
    return h('table.figures', h('thead', h('tr', words.columns.map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', [...sums].map(([kind, sum]) => line(words.kinds[kind] ?? kind, sum))), h('tfoot', line(words.all, storage)));
}

function holding({ place, bucket, cost, counted, problem }) {
    if (!cost) return [h('p', place), h('p.aside', { role: 'status' }, problem ?? words.counting)];
    return [h('p', place), kindsTable(cost), problem && h('p.problem', problem),
        h('p.aside', !bucket && `${words.wouldCost} `, words.prices(cost.prices.region, cost.prices.date, when(counted)))];
}

function room({ free_bytes: free, size_bytes: size }) {
    return [h('meter', { min: 0, max: size, low: size / 10, value: free, 'aria-label': words.room }), h('p', words.free(bytes(free), bytes(size)))];
}

const card = (title, ...children) => h('section.card', h('h2', title), ...children);

export async function storagePage({ main, signal }) {
    setTitle(words.title);
    const cards = h('div.cards');
    main.append(h('h1', words.title), cards);

    async function show() {
        const [storage, jobs] = await Promise.all([readStorage(signal), listJobs(signal)]);
        const count = (state) => jobs.filter((job) => job.status === state).length;
        const { verified, disk } = storage;
        fill(cards, card(words.holds, holding(storage)),
            h('div.cards.side', disk && card(words.room, room(disk)),
                card(words.work, h('p', words.states(count('running'), count('queued'), count('failed'))), h('a', { href: '#/work' }, words.toWork)),
                card(words.verified, h('p', verified ? words.last(when(verified.ended), verified.mended, verified.left) : words.never),
                    h('p.aside', words.check, ' ', h('code', 'hansard verify --read')))));
        if (storage.counting || count('running') + count('queued')) setTimeout(again, POLL_MS);
    }
    /** Not while someone's focus is there, nor while nobody looks. */
    function again() {
        if (signal.aborted) return;
        if (document.hidden || cards.contains(document.activeElement)) setTimeout(again, POLL_MS);
        else show().catch(() => {});
    }
    await show();
}
