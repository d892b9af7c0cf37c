// An item (action, decision, question, requirement) as a card: what, who, until when, the words said, and what to do with it.
import { announce, dialogButtons, fill, formInPlace, h, icon, iconButton, openDialog } from './dom.js';
import { clock, day, percent } from './format.js';
import { text } from './strings.js';

export const kinds = ['action', 'decision', 'question', 'requirement'];

const SURE_FROM = 0.7;

const isClosed = (item) => item.status === 'rejected' || item.status === 'done';

/** Sure or a suggestion; what a person has written or confirmed needs no such word. */
function confidenceLabel(item) {
    if (item.origin === 'user' || item.status !== 'draft' || typeof item.confidence !== 'number') return null;
    const sure = item.confidence >= SURE_FROM;
    return h('li.chip', { class: sure ? 'sure' : 'suggestion', title: text.items.sureWhy(percent(item.confidence)) },
        sure ? text.items.sure : text.items.suggestion);
}

function facts(item) {
    return h('ul.chips',
        item.owner && h('li.chip.owner', item.owner),
        item.due && h('li.chip', { title: item.due_said ?? false }, text.items.due(day(item.due))),
        !item.due && item.due_said && h('li.chip', text.items.due(item.due_said)),
        item.priority && h('li.chip', { class: item.priority === 'must' && 'must' }, item.priority),
        item.type && h('li.chip', item.type),
        item.origin === 'user' && !item.evidence?.length && h('li.chip', { title: text.items.ownWhy }, text.items.own),
        item.status !== 'draft' && h('li.chip.status', { class: item.status }, text.items.status[item.status] ?? item.status),
        confidenceLabel(item));
}

/** The words said, as a button that plays them. `onQuote` null: as text. */
function quoteElement(evidence, onQuote) {
    const words = [h('span.words', evidence.quote), h('span.source',
        evidence.speaker && `${evidence.speaker} `, h('span.stamp', clock(evidence.start_ms)))];
    if (!onQuote) return h('blockquote.quote', words);
    return h('button.quote', { title: text.items.playQuote, onclick: () => onQuote(evidence) }, words);
}

const field = (label, element) => h('label', h('span', label), element);
const PRIORITIES = ['must', 'should', 'could', 'wont'];

/** The fields of an item and what they hold: {elements, values()}. */
function itemFields(item, kind) {
    const words = h('textarea', { rows: 3, maxlength: 4000, required: true }, item.text);
    const owner = h('input', { value: item.owner ?? '', maxlength: 120, list: 'speakers' });
    const due = h('input', { type: 'date', value: item.due ?? '' });
    const priority = h('select', h('option', { value: '' }, text.items.noPriority),
        PRIORITIES.map((name) => h('option', { value: name, selected: item.priority === name }, name)));
    const values = () => ({
        text: words.value.trim(), owner: owner.value.trim() || null, due: due.value || null,
        ...(kind === 'requirement' && { priority: priority.value || null }),
    });
    const elements = [field(text.items.textLabel, words),
        h('div.pair', field(text.items.ownerLabel, owner), field(text.items.dueLabel, due)),
        kind === 'requirement' && field(text.items.priorityLabel, priority)];
    return { elements, values };
}

function editForm(item, kind, onSave, onCancel) {
    const { elements, values } = itemFields(item, kind);
    return formInPlace('form.edit', { onSave: () => onSave(values()), onCancel }, elements);
}

/**
 * Asks for a new item in a dialog; resolves to what is to be saved, or null. `quote` {segments, quote, speaker, start_ms} is its proof; without
 * one the item is marked as the user's own.
 */
export async function askForItem(kind, quote) {
    const choice = h('select', kinds.map((name) => h('option', { value: name, selected: name === kind }, text.items.kinds[name])));
    let inputs = itemFields({ text: quote?.quote ?? '', owner: kind === 'action' ? quote?.speaker : null }, kind);
    const body = h('div.edit', inputs.elements);
    choice.addEventListener('change', () => {
        inputs = itemFields(inputs.values(), choice.value);
        fill(body, inputs.elements);
    });
    const answer = await openDialog({ title: text.items.addTitle, wide: true, focus: body.querySelector('textarea') },
        field(text.items.kind, choice), body,
        quote ? quoteElement(quote, null) : h('p.aside', text.items.noProof),
        dialogButtons(['no', text.meeting.cancel], ['yes', text.items.add, 'primary']));
    const proof = quote && { segments: quote.segments, quote: quote.quote };
    return answer === 'yes' ? { kind: choice.value, ...inputs.values(), ...proof } : null;
}

/**
 * `onChange(id, change, before)` saves and resolves to whether it did; the card shows what was saved. `context` is put above the
 * text (the meeting, in a list over all meetings). `editable` false: only the status can be changed.
 */
export function itemCard(item, { kind, onQuote = null, onChange, context = null, editable = true }) {
    const card = h('li.item', { 'data-kind': kind });

    // Shown at once; where it could not be saved all is as before, and what was typed stands in the form again.
    async function change(changes, typed = false) {
        const before = Object.fromEntries(Object.keys(changes).map((name) => [name, item[name] ?? null]));
        Object.assign(item, changes);
        render();
        if (await onChange(item.id, changes, before)) return announce(text.items.saved(text.items.status[item.status] ?? item.status));
        Object.assign(item, before);
        return typed && card.isConnected ? edit({ ...item, ...changes }) : render();
    }

    function actions() {
        const set = (status, name, label, shown) => iconButton(name, label, () => change({ status }), { shown });
        if (isClosed(item)) return [set('draft', 'undo', text.items.restore, true)];
        return [item.status === 'draft' && set('confirmed', 'check', text.items.confirm, true),
            kind === 'action' && set('done', 'check', text.items.done, true),
            set('rejected', 'close', text.items.reject, true),
            editable && iconButton('edit', text.items.edit, () => edit())];
    }

    function edit(typed = item) {
        fill(card, editForm(typed, kind, (changes) => change(changes, true), render));
        card.querySelector('textarea').focus();
    }

    function render() {
        const refocus = card.contains(document.activeElement);
        card.dataset.status = item.status;
        fill(card, context, h('p.item-text', item.text), facts(item),
            (item.evidence ?? []).filter((evidence) => evidence.quote).map((evidence) => quoteElement(evidence, onQuote)),
            h('div.card-tools', actions()));
        if (refocus) card.querySelector('.card-tools button')?.focus();
    }

    item.status ??= 'draft';
    render();
    return card;
}

/** A kind's cards under its heading; rejected ones are folded away. `options.onAdd(kind)` is behind its button. */
export function itemSection(kind, items, options) {
    const rejected = items.filter((item) => item.status === 'rejected'), open = items.filter((item) => !rejected.includes(item));
    const cards = (list) => h('ul.items', list.map((item) => itemCard(item, { kind, ...options })));
    const add = h('button.quiet.add', { onclick: () => options.onAdd(kind), 'aria-label': text.items.addOne[kind] },
        icon('add'), h('span', text.items.add));
    return h('section', { class: `items-of ${kind}` },
        h('header.items-head', h('h2', text.items[kind], ' ', h('span.number', open.length)), add),
        cards(open), rejected.length > 0 && h('details', h('summary', text.items.rejected(rejected.length)), cards(rejected)));
}
