// How far the work on a meeting is: a bar, its stage and the time left, or why it failed.
import { retryMeeting } from './api.js';
import { fill, h, notice, tell } from './dom.js';
import { duration, percent, when } from './format.js';
import { link } from './router.js';
import { text } from './strings.js';

/** What goes on, in a line: "Transcribing, 42 %, about 3 min left". */
function sentence(job) {
    if (job.status === 'queued') return job.error ? text.waitingAgain(job.error.message) : text.queued;
    const parts = [text.stages[job.stage] ?? job.stage, percent(job.progress ?? 0)];
    if (job.remaining_ms > 0) parts.push(text.left(duration(job.remaining_ms)));
    return parts.join(', ');
}

/** An element whose update(job) shows a job's state; `onRetried` is called once the server has taken a retry. */
export function createProgress(meetingId, onRetried) {
    const bar = h('progress', { max: 1, 'aria-label': text.meetings.progress });
    const line = h('p.stage');
    const element = h('div.progress');

    async function retry(event) {
        event.target.disabled = true;
        try {
            await retryMeeting(meetingId);
            notice(text.retried);
            onRetried();
        } catch (error) {
            event.target.disabled = false;
            tell(error);
        }
    }

    let shown = null;
    function update(job) {
        if (job.status === 'failed') {
            if (shown === 'failed') return;
            fill(element, h('p.reason', job.error?.message ?? text.jobFailed),
                h('button.plain', { onclick: retry }, text.retry));
        } else {
            if (job.status === 'queued') bar.removeAttribute('value');
            else bar.value = job.progress ?? 0;
            line.textContent = sentence(job);
            if (shown !== 'working') fill(element, bar, line);
        }
        shown = job.status === 'failed' ? 'failed' : 'working';
    }
    return { element, update };
}

export const titleOf = ({ title, filename }) => title || filename || text.meetings.untitled;

/** A job's row in a list, with its progress and `tools`: {element, update(job)}. */
export function createJobRow(job, onRetried, ...tools) {
    const progress = createProgress(job.meeting_id, onRetried);
    const element = h('li.row', h('a.row-link', { href: link.meeting(job.meeting_id) },
        h('span.row-title', titleOf(job)), h('span.row-meta', when(job.timestamp))), progress.element, tools);
    function update(now) {
        element.classList.toggle('failed', now.status === 'failed');
        progress.update(now);
    }
    return { element, update };
}
