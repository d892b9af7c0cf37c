// Edits of a meeting, one after the other, each on the version that the one before it made. Where someone else was first, what they changed
// elsewhere stays and the edit is made on top; where they changed the very same, both versions are shown and the user decides.
import { editMeeting, readMeeting } from './api.js';
import { dialogButtons, h, notice, openDialog } from './dom.js';
import { reload } from './router.js';
import { text } from './strings.js';

const TRIES_MAX = 4;

const itemsOf = ({ summary, requirements }) =>
    [...summary?.action_items ?? [], ...summary?.decisions ?? [], ...summary?.questions ?? [], ...requirements ?? []];

const speakerOf = (transcript, id) => transcript.speakers?.find((speaker) => speaker.id === id)?.name ?? null;

/** What a patch sets: [{label, mine, read(meeting), write(patch, value)}]; read gives what a meeting has there, as text or null. */
function fieldsOf(patch) {
    const { fields } = text.conflict;
    const list = [];
    const add = (label, mine, read, write) => list.push({ label, mine: mine ?? null, read, write });
    if ('title' in patch) add(fields.title, patch.title, (m) => m.metadata.title ?? null, (p, v) => { p.title = v; });
    if ('tags' in patch) {
        const write = (p, v) => { p.tags = v.split(',').map((tag) => tag.trim()).filter(Boolean); };
        add(fields.tags, patch.tags.join(', '), (m) => (m.metadata.tags ?? []).join(', '), write);
    }
    for (const [from, to] of Object.entries(patch.speakers ?? {})) {
        const read = (m) => m.transcript?.speakers?.find((speaker) => speaker.name === from)?.name ?? null;
        add(`${fields.speaker} ${from}`, to, read, (p, v) => { p.speakers[from] = v; });
    }
    for (const [id, change] of Object.entries(patch.segments ?? {})) {
        const segment = (m) => m.transcript?.segments?.[id];
        const label = `${fields.segment} ${Number(id) + 1}`;
        if ('text' in change) add(label, change.text, (m) => segment(m)?.text ?? null, (p, v) => { p.segments[id].text = v; });
        if ('speaker' in change) {
            const read = (m) => speakerOf(m.transcript ?? {}, segment(m)?.speaker);
            add(`${label}: ${fields.speaker}`, change.speaker, read, (p, v) => { p.segments[id].speaker = v || null; });
        }
    }
    for (const [id, change] of Object.entries(patch.items ?? {})) {
        for (const [name, mine] of Object.entries(change)) {
            const read = (m) => itemsOf(m).find((item) => item.id === id)?.[name] ?? null;
            add(`${id}: ${fields[name] ?? name}`, mine, read, (p, v) => { p.items[id][name] = v || null; });
        }
    }
    return list;
}

/** Both versions side by side; resolves to the fields' values as the user wants them, or null to keep theirs. */
async function askWhich(fields, theirs) {
    const { conflict } = text;
    const areas = fields.map((field) => h('textarea', { rows: 2, 'aria-label': `${conflict.mine}: ${field.label}` }, field.mine ?? ''));
    const rows = fields.flatMap((field, i) => [h('p.aside', field.label), h('p.theirs', field.read(theirs) ?? conflict.none), areas[i]]);
    // What was typed goes only when the user says so.
    const answer = await openDialog({ title: conflict.title, wide: true, firm: true, focus: areas[0] }, h('p', conflict.why),
        h('div.versions', h('span'), h('strong', conflict.theirs), h('strong', conflict.mine), rows),
        dialogButtons(['theirs', conflict.keepTheirs], ['mine', conflict.keepMine, 'primary']));
    return answer === 'mine' ? areas.map((area) => area.value.trim()) : null;
}

/** Shows the meeting anew, but not over what someone is typing. */
function showAnew(words) {
    if (document.querySelector('form.edit, .title form')) notice(words, { action: { label: text.reload, run: reload } });
    else {
        reload();
        notice(words);
    }
}

/** What of a meeting can be changed, as it is now: the page itself changes what it was given as the user types. */
function snapshot({ metadata, summary, requirements, transcript }) {
    const segments = transcript?.segments?.map(({ text: words, speaker }) => ({ text: words, speaker }));
    return structuredClone({ metadata, summary, requirements, transcript: transcript && { speakers: transcript.speakers, segments } });
}

/**
 * `meeting` as it was read, with its ETag. save(patch) resolves to the answer ({added}: the ids of new items), or to null where it was not
 * saved, which the user has been told.
 */
export function createSaver(id, meeting, etag) {
    let last = Promise.resolve();
    const base = snapshot(meeting);
    const seen = new Map();  // what this page has set since it read the meeting: a field's label → text

    const baseOf = (field) => (seen.has(field.label) ? seen.get(field.label) : field.read(base));
    const same = (a, b) => String(a ?? '') === String(b ?? '');

    async function send(patch) {
        let merged = false, decided = false;
        for (let tries = 0; ; tries++) {
            const fields = fieldsOf(patch);
            try {
                const answer = await editMeeting(id, etag, patch);
                etag = answer.etag;
                for (const field of fields) seen.set(field.label, field.mine);
                if (decided || merged) showAnew(decided ? text.conflict.saved : text.conflict.merged);
                return answer;
            } catch (error) {
                if (error.status !== 412 || tries === TRIES_MAX) throw error;
            }
            const now = await readMeeting(id);
            ({ etag } = now);
            const clash = fields.filter((field) => !same(field.read(now.meeting), baseOf(field)) && !same(field.read(now.meeting), field.mine));
            merged = true;
            if (!clash.length) continue;
            const wanted = await askWhich(clash, now.meeting);
            if (!wanted) {
                showAnew(text.conflict.kept);
                return null;
            }
            clash.forEach((field, i) => field.write(patch, wanted[i]));
            decided = true;
        }
    }
    async function sendAndTell(patch) {
        try {
            return await send(patch);
        } catch (error) {
            notice(text.conflict.notSaved(error.message), { error: true });
            return null;
        }
    }
    return (patch) => { last = last.then(() => sendAndTell(structuredClone(patch))); return last; };
}
