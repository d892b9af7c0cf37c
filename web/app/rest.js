// All that the first view does without, in one file (web/embed.cmake): it is loaded once that view stands, or when some of it is wanted before.
import { start as startRecordings } from './record.js';
import { start as startShared } from './shared.js';
import { start as startUploads } from './upload.js';

export { itemsPage } from './all-items.js';
export { meetingPage } from './meeting.js';
export { startRecording } from './record.js';
export { searchPage } from './search.js';
export { sharedPage } from './share.js';
export { storagePage } from './storage.js';
export { addFiles } from './upload.js';
export { workPage } from './work.js';

/** Goes on with what earlier pages have left. To be called once. */
export function start() {
    startUploads();
    startRecordings();
    startShared();
}
