/* The object of an upload in parts (hansard/uploads/): what was taken is written and read again as the same. */
#include "fuzz.h"
#include "ingest/transfer.h"

void fuzz_ingest_transfer(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(Transfer) transfer = NULL, again = NULL;
    if (!json || !FUZZ_CALL(transfer_from_json(json, "meeting-0a1b2c3d-0000-4000-8000-000000000000", &transfer, &error))) return;
    g_autoptr(json_t) written = transfer_to_json(transfer);
    g_assert_true(FUZZ_CALL(transfer_from_json(written, "meeting-0a1b2c3d-0000-4000-8000-000000000000", &again, &error)));
    fuzz_same_json(json_incref(written), transfer_to_json(again));
}
