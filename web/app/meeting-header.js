// The head of a meeting's page: title (editable), date, length, and what can be done with the whole of it.
import { audioPath, exportPath, exportText } from './api.js';
import { deleteSoon } from './deleting.js';
import { confirmDialog, fill, formInPlace, h, icon, iconButton, notice } from './dom.js';
import { duration, parseTime, when } from './format.js';
import { link, setTitle } from './router.js';
import { openShareDialog } from './share.js';
import { text } from './strings.js';

const TITLE_LETTERS_MAX = 200;

/** Title and tags, with the form in which both are changed in their place. */
function titleElement(contents, save) {
    const element = h('div.title');
    const tags = () => contents.metadata.tags ?? [];
    function show() {
        setTitle(contents.title);
        fill(element, h('h1', contents.title), iconButton('edit', text.meeting.editTitle, () => edit()),
            tags().length > 0 && h('p.tags', tags().map((tag) => h('span.tag', tag))));
    }
    function edit(typed = { title: contents.title, tags: tags().join(', ') }) {
        const input = h('input.words', { value: typed.title, maxlength: TITLE_LETTERS_MAX, required: true, 'aria-label': text.meeting.titleLabel });
        const label = text.meeting.tagsLabel;
        const tagInput = h('input', { value: typed.tags, maxlength: 1000, 'aria-label': label, placeholder: label });
        const back = () => { show(); element.querySelector('button').focus(); };
        const onSave = async () => {
            const before = { title: contents.title, tags: tags() }, wanted = input.value.trim();
            const list = [...new Set(tagInput.value.split(',').map((tag) => tag.trim()).filter(Boolean))];
            const patch = { ...(wanted && wanted !== before.title && { title: wanted }),
                ...(list.join() !== before.tags.join() && { tags: list }) };
            if (!Object.keys(patch).length) return back();
            contents.title = patch.title ?? before.title;
            contents.metadata.tags = patch.tags ?? before.tags;
            back();
            if (await save(patch)) return undefined;
            contents.title = before.title;
            contents.metadata.tags = before.tags;
            return element.isConnected ? edit({ title: wanted, tags: tagInput.value }) : undefined;
        };
        fill(element, h('h1.unseen', contents.title), formInPlace('form', { onSave, onCancel: back }, input, tagInput));
        input.select();
    }
    show();
    return element;
}

/** Whether the meeting has what a format is made of. */
function hasFor(format, { items, transcript }) {
    const open = (item) => item.status !== 'rejected' && item.status !== 'done';
    if (format === 'srt' || format === 'vtt') return transcript !== null && transcript.timed !== false;
    if (format === 'ics') return items.action.some((item) => item.due && open(item));
    if (format === 'reqif') return items.requirement.some((item) => item.status !== 'rejected');
    return true;
}

function exportMenu(id, contents) {
    const entry = ([format, label]) => h('li', h('a', { href: exportPath(id, format), download: true }, label));
    const recording = contents.recordingUrl !== null && h('li', h('a', { href: audioPath(id), download: true }, text.meeting.recording));
    const list = h('ul');
    const menu = h('details.menu', h('summary.plain', icon('export'), h('span', text.meeting.export)), list);
    const show = () => fill(list, Object.entries(text.meeting.formats).filter(([format]) => hasFor(format, contents)).map(entry), recording);
    menu.addEventListener('toggle', () => { if (menu.open) show(); });
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

/** Asks, goes back to the list, and deletes a few seconds later: until then it can be taken back there. */
export async function askAndDelete(id, title) {
    const { deleteTitle, deleteText, deleteYes, deleteNo } = text.meeting;
    if (!await confirmDialog({ title: deleteTitle, text: deleteText(title), yes: deleteYes, no: deleteNo })) return;
    deleteSoon(id, title);
    location.hash = link.meetings();
}

/** `save(patch)` resolves to whether it was saved. */
export function meetingHeader({ id, contents, save }) {
    const { metadata, durationMs, title } = contents;
    const date = parseTime(metadata.timestamp);
    const facts = h('p.row-meta', date && h('time', { datetime: date.toISOString() }, when(metadata.timestamp)),
        durationMs > 0 && h('span', duration(durationMs)),
        metadata.filename && metadata.filename !== title && h('span', metadata.filename));
    const copy = h('button.plain', { title: text.meeting.copyWhy, onclick: () => copyMarkdown(id) },
        icon('copy'), h('span', text.meeting.copy));
    return h('header.meeting-head',
        h('div', titleElement(contents, save), facts),
        h('div.tools', copy, exportMenu(id, contents),
            iconButton('share', text.share.button, () => openShareDialog(id), { shown: true, kind: 'plain writes' }),
            iconButton('trash', text.meeting.delete, () => askAndDelete(id, contents.title), { shown: true, kind: 'plain' })));
}
