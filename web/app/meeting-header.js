// The head of a meeting's page: title (editable), date, length, and what can be done with the whole of it.
import { deleteMeeting, exportPath, exportText } from './api.js';
import { confirmDialog, fill, h, icon, iconButton, notice } from './dom.js';
import { duration, parseTime, when } from './format.js';
import { forgetMeeting } from './meetings.js';
import { link, setTitle } from './router.js';
import { openShareDialog } from './share.js';
import { text } from './strings.js';

const TITLE_LETTERS_MAX = 200;

function titleElement(contents, save) {
    const element = h('div.title');
    function show() {
        setTitle(contents.title);
        fill(element, h('h1', contents.title), iconButton('edit', text.meeting.editTitle, edit));
    }
    function edit() {
        const label = text.meeting.editTitle;
        const input = h('input', { value: contents.title, maxlength: TITLE_LETTERS_MAX, required: true, 'aria-label': label });
        const submit = async (event) => {
            event.preventDefault();
            const wanted = input.value.trim();
            if (wanted && wanted !== contents.title && await save({ title: wanted })) contents.title = wanted;
            cancel();
        };
        const cancel = () => { show(); element.querySelector('button').focus(); };
        fill(element, h('form', { onsubmit: submit, onkeydown: (event) => { if (event.key === 'Escape') cancel(); } }, input,
            h('button.primary', { type: 'submit' }, text.meeting.save),
            h('button.plain', { onclick: () => cancel() }, text.meeting.cancel)));
        input.select();
    }
    show();
    return element;
}

function exportMenu(id) {
    const entry = ([format, label]) => h('li', h('a', { href: exportPath(id, format), download: true }, label));
    const menu = h('details.menu', h('summary.plain', icon('export'), h('span', text.meeting.export)),
        h('ul', Object.entries(text.meeting.formats).map(entry)));
    const close = () => { menu.open = false; };
    menu.addEventListener('click', (event) => { if (event.target.closest('a')) close(); });
    menu.addEventListener('focusout', (event) => { if (!menu.contains(event.relatedTarget)) close(); });
    menu.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape') return;
        close();
        menu.querySelector('summary').focus();
    });
    return menu;
}

async function copyMarkdown(id) {
    try {
        const words = await exportText(id, 'md');
        if (!navigator.clipboard) throw new Error(text.meeting.notCopied);
        await navigator.clipboard.writeText(words);
        notice(text.meeting.copied);
    } catch (error) {
        notice(error.name === 'NotAllowedError' ? text.meeting.notCopied : error.message, { error: true });
    }
}

/** Asks, deletes, and goes back to the list. */
export async function askAndDelete(id, title) {
    const { deleteTitle, deleteText, deleteYes, deleteNo } = text.meeting;
    if (!await confirmDialog({ title: deleteTitle, text: deleteText(title), yes: deleteYes, no: deleteNo })) return;
    try {
        await deleteMeeting(id);
        forgetMeeting(id);
        notice(text.meeting.deleted);
        location.hash = link.meetings();
    } catch (error) {
        notice(error.message, { error: true });
    }
}

/** `save(patch)` resolves to whether it was saved. */
export function meetingHeader({ id, contents, save }) {
    const { metadata, durationMs, title } = contents;
    const date = parseTime(metadata.timestamp);
    const facts = h('p.row-meta', date && h('time', { datetime: date.toISOString() }, when(metadata.timestamp)),
        durationMs > 0 && h('span', duration(durationMs)),
        metadata.filename && metadata.filename !== title && h('span', metadata.filename),
        (metadata.tags ?? []).map((tag) => h('span.tag', tag)));
    const copy = h('button.plain', { title: text.meeting.copyWhy, onclick: () => copyMarkdown(id) },
        icon('copy'), h('span', text.meeting.copy));
    return h('header.meeting-head',
        h('div', titleElement(contents, save), facts),
        h('div.tools', copy, exportMenu(id),
            h('button.plain.writes', { onclick: () => openShareDialog(id) }, icon('share'), h('span', text.share.button)),
            iconButton('trash', text.meeting.delete, () => askAndDelete(id, contents.title), { shown: true, kind: 'plain' })));
}
