// A meeting: its summary and items beside the transcript, and the recording below them.
import { readMeeting, readWaveform, watchMeeting, whyNoAudio } from './api.js';
import { announce, fill, h, iconButton, setCurrent } from './dom.js';
import { clock, day, percent } from './format.js';
import { askForItem, itemSection, kinds } from './items.js';
import { askAndDelete, meetingHeader } from './meeting-header.js';
import { createPlayer } from './player.js';
import { createProgress, titleOf } from './progress.js';
import { reload, setTitle } from './router.js';
import { createSaver } from './saver.js';
import { text } from './strings.js';
import { createTranscript, plainTranscript } from './transcript.js';

const WORKING_POLL_MS = 5000;
const WHOLE = 0.995; // of a transcript, in figures that show no decimals

/** What the page shows of an answer of any age: a summary may be a string, lists may be missing. */
function contentsOf(meeting) {
    const summary = typeof meeting.summary === 'string' ? { text: meeting.summary } : meeting.summary ?? {};
    const metadata = meeting.metadata ?? {};
    return {
        summary, metadata,
        topics: summary.topics ?? [],
        items: {
            action: summary.action_items ?? [],
            decision: summary.decisions ?? [],
            question: summary.questions ?? [],
            requirement: meeting.requirements ?? [],
        },
        transcript: meeting.transcript?.segments?.length ? meeting.transcript : null,
        // What came in as a text has a file, but nothing to play.
        recordingUrl: meeting.audio_url ?? null,
        durationMs: metadata.duration_ms || meeting.transcript?.duration_ms || 0,
        title: titleOf(metadata),
    };
}

function summarySection({ summary, topics, transcript }, onTopic) {
    const paragraphs = (summary.text ?? '').split(/\n+/).filter((line) => line.trim());
    const partial = typeof summary.coverage === 'number' && summary.coverage < WHOLE;
    const timed = transcript?.timed !== false && onTopic;
    const topicButton = ({ title, start_ms: ms }) =>
        h('button.topic', { onclick: () => onTopic(ms) }, h('span.stamp', clock(ms)), title);
    const topicRow = (topic) => h('li', timed ? topicButton(topic) : topic.title);
    return h('section.summary', h('h2', text.meeting.summary),
        paragraphs.length ? paragraphs.map((line) => h('p', line)) : h('p.aside', text.meeting.noSummary),
        summary.note && h('p.note', summary.note),
        partial && h('p.note', text.meeting.coverage(percent(summary.coverage))),
        summary.dropped > 0 && h('p.aside', text.meeting.dropped(summary.dropped)),
        topics.length > 0 && [h('h3', text.meeting.topics), h('ul.topics', topics.map(topicRow))]);
}

/** Notes and transcript: side by side where there is room, else one at a time by two buttons. */
function twoViews(notes, transcript, first) {
    const layout = h('div.views', notes, transcript);
    const buttons = { notes: text.meeting.notes, transcript: text.meeting.transcript };
    const tabs = h('div.tabs.view-tabs', { role: 'group', 'aria-label': text.meeting.views },
        Object.entries(buttons).map(([view, label]) => h('button', { 'data-view': view, onclick: () => choose(view) }, label)));
    function choose(view) {
        layout.dataset.view = view;
        for (const button of tabs.children) button.setAttribute('aria-pressed', button.dataset.view === view);
    }
    choose(first);
    return [tabs, layout];
}

function showReady({ main, id, meeting, etag, startMs, signal }) {
    const contents = contentsOf(meeting);
    const saveChange = createSaver(id, meeting, etag);
    let player = null, transcript = null;
    const seek = (ms, play = true) => (player ? player.seek(ms, play) : transcript?.setTime(ms));
    const canSeek = contents.recordingUrl ? seek : null;
    const names = h('datalist', { id: 'speakers' });
    const notes = h('div.notes');

    function playQuote(evidence) {
        if (evidence.segments) transcript?.quote(evidence.segments[0], evidence.segments[1] ?? evidence.segments[0]);
        if (contents.transcript?.timed !== false) seek(evidence.start_ms);
    }

    async function save(patch) {
        const answer = await saveChange(patch);
        // Names and quotes of the items go with the transcript.
        if (answer && (patch.speakers || patch.segments)) readNotes();
        return answer;
    }

    /** The notes as the server has them now, unless someone is typing there. */
    async function readNotes() {
        const now = await readMeeting(id, signal).catch(() => null);
        if (!now || notes.querySelector('form')) return;
        const { items, summary, topics } = contentsOf(now.meeting);
        Object.assign(contents, { items, summary, topics });
        showNotes();
    }

    async function addItem(kind, quote = null) {
        const item = await askForItem(kind, quote);
        const answer = item && await save({ new_items: [item] });
        if (!answer) return;
        const evidence = quote ? [{ ...quote, end_ms: quote.start_ms }] : [];
        contents.items[item.kind].push({ ...item, id: answer.added[0], origin: 'user', status: 'confirmed', evidence });
        announce(text.items.added);
        showNotes();
    }

    function showNotes() {
        const saveItem = (item, change) => save({ items: { [item]: change } });
        const options = { onQuote: transcript || player ? playQuote : null, onChange: saveItem, onAdd: addItem };
        const none = kinds.every((kind) => contents.items[kind].length === 0);
        fill(names, [...new Set((contents.transcript?.speakers ?? []).map((speaker) => speaker.name))].map((name) => h('option', { value: name })));
        fill(notes, summarySection(contents, canSeek ?? (transcript && seek)), none && h('p.aside', text.items.none),
            kinds.map((kind) => itemSection(kind, contents.items[kind], options)));
        const evidence = kinds.flatMap((kind) => contents.items[kind]).flatMap((item) => item.evidence ?? []);
        player?.setMarks(evidence.map(({ start_ms: ms }) => ms));
    }

    transcript = contents.transcript && createTranscript({ transcript: contents.transcript, onSeek: canSeek, save, onAdd: addItem, signal });
    if (contents.recordingUrl) {
        const onTime = (ms) => transcript?.setTime(ms);
        const segments = contents.transcript?.timed === false ? [] : contents.transcript?.segments ?? [];
        player = createPlayer({ url: contents.recordingUrl, durationMs: contents.durationMs, segments, onTime, explain: () => whyNoAudio(id, signal), signal });
    }
    showNotes();
    const removed = contents.metadata.recording_removed;
    const words = transcript?.element ?? plainTranscript(meeting.transcription);
    fill(main, h('article.meeting', meetingHeader({ id, contents, save }),
        removed && h('p.note.removed', text.meeting.recordingRemoved(day(String(removed.time).slice(0, 10)), removed.why)),
        twoViews(notes, words, startMs === null ? 'notes' : 'transcript'), player?.element, names));
    // Without its picture the recording plays all the same.
    if (player && meeting.waveform_url) readWaveform(id, signal).then(player.setPeaks, () => {});
    if (startMs !== null) seek(startMs, false);
}

const inProgress = (job) => job.status === 'queued' || job.status === 'running';

/** A meeting that is still worked on, or whose work failed. */
function showWorking({ main, id, meeting, signal }) {
    const steps = Object.entries(text.stageSteps).map(([stage, label]) => h('li', { 'data-stage': stage }, label));
    const progress = createProgress(id, reload);
    const wait = h('p.aside', text.meeting.wait);
    const title = meeting.metadata?.title || titleOf(meeting);

    function update(job) {
        progress.update(job);
        wait.hidden = job.status === 'failed';
        for (const step of steps) {
            setCurrent(step, step.dataset.stage === job.stage && 'step');
        }
    }
    async function poll() {
        if (signal.aborted) return null;
        try {
            const now = (await readMeeting(id, signal)).meeting;
            if (!inProgress(now)) return reload();
            update(now);
        } catch (error) {
            if (error.status === 404) return reload();
        }
        return setTimeout(poll, WORKING_POLL_MS);
    }

    fill(main, h('section.working', h('h1', title), h('ol.steps', steps), progress.element, wait,
        iconButton('trash', text.meeting.delete, () => askAndDelete(id, title), { shown: true })));
    setTitle(title);
    update(meeting);
    const onProgress = (job) => { if (inProgress(job)) update(job); };
    if (inProgress(meeting)) watchMeeting(id, { onProgress, onDone: reload, onLost: poll }, signal);
}

export async function meetingPage({ main, id, query, signal }) {
    fill(main, h('p.aside', text.loading));
    const { meeting, etag } = await readMeeting(id, signal);
    const t = /^\d+$/.test(query.get('t') ?? '') ? Number(query.get('t')) : null;
    if (meeting.status && meeting.status !== 'ready') showWorking({ main, id, meeting, signal });
    else showReady({ main, id, meeting, etag, startMs: t, signal });
}
