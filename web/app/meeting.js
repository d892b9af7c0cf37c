// A meeting: its summary and items beside the transcript, and the recording below them.
import { editMeeting, readMeeting, readWaveform, watchMeeting } from './api.js';
import { fill, h, iconButton, notice } from './dom.js';
import { clock, percent } from './format.js';
import { itemSection, kinds } from './items.js';
import { askAndDelete, meetingHeader } from './meeting-header.js';
import { createPlayer } from './player.js';
import { createProgress } from './progress.js';
import { reload, setTitle } from './router.js';
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
        recordingUrl: meeting.transcript?.transcriber?.name === 'import' ? null : meeting.audio_url ?? null,
        durationMs: metadata.duration_ms || meeting.transcript?.duration_ms || 0,
        title: metadata.title || metadata.filename || text.meetings.untitled,
    };
}

/** Edits one after the other, each on the ETag that the one before it made. save(patch) resolves to whether it was saved. */
function createSaver(id, etag) {
    let last = Promise.resolve();
    async function send(patch) {
        try {
            etag = await editMeeting(id, etag, patch);
            return true;
        } catch (error) {
            if (error.status === 412) notice(text.meeting.conflict, { error: true, action: { label: text.reload, run: reload } });
            else notice(error.message, { error: true });
            return false;
        }
    }
    return (patch) => { last = last.then(() => send(patch)); return last; };
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
    const save = createSaver(id, etag);
    let player = null;
    const seek = (ms, play = true) => (player ? player.seek(ms, play) : transcript?.setTime(ms));
    const canSeek = contents.recordingUrl ? seek : null;
    const transcript = contents.transcript && createTranscript({ transcript: contents.transcript, onSeek: canSeek, signal });
    if (contents.recordingUrl) {
        const onTime = (ms) => transcript?.setTime(ms);
        player = createPlayer({ url: contents.recordingUrl, durationMs: contents.durationMs, onTime, signal });
    }

    function playQuote(evidence) {
        if (evidence.segments) transcript?.quote(evidence.segments[0], evidence.segments[1] ?? evidence.segments[0]);
        if (contents.transcript?.timed !== false) seek(evidence.start_ms);
    }
    const saveItem = (item, change) => save({ items: { [item]: change } });
    const options = { onQuote: transcript || player ? playQuote : null, onChange: saveItem };
    const found = kinds.filter((kind) => contents.items[kind].length > 0);
    const notes = h('div.notes', summarySection(contents, canSeek ?? (transcript && seek)),
        found.length ? found.map((kind) => itemSection(kind, contents.items[kind], options)) : h('p.aside', text.items.none));

    const words = transcript?.element ?? plainTranscript(meeting.transcription);
    fill(main, h('article.meeting', meetingHeader({ id, contents, save }),
        twoViews(notes, words, startMs === null ? 'notes' : 'transcript'), player?.element));
    if (player) {
        const evidence = found.flatMap((kind) => contents.items[kind]).flatMap((item) => item.evidence ?? []);
        player.setMarks(evidence.map(({ start_ms: ms }) => ms));
        // Without its picture the recording plays all the same.
        if (meeting.waveform_url) readWaveform(id, signal).then(player.setPeaks, () => {});
    }
    if (startMs !== null) seek(startMs, false);
}

const inProgress = (job) => job.status === 'queued' || job.status === 'running';

/** A meeting that is still worked on, or whose work failed. */
function showWorking({ main, id, meeting, signal }) {
    const steps = Object.entries(text.stageSteps).map(([stage, label]) => h('li', { 'data-stage': stage }, label));
    const progress = createProgress(id, reload);
    const wait = h('p.aside', text.meeting.wait);
    const title = meeting.title || meeting.metadata?.title || meeting.filename || text.meetings.untitled;

    function update(job) {
        progress.update(job);
        wait.hidden = job.status === 'failed';
        for (const step of steps) {
            if (step.dataset.stage === job.stage) step.setAttribute('aria-current', 'step');
            else step.removeAttribute('aria-current');
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
