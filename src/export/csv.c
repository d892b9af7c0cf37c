/* The items as a table for spreadsheets (RFC 4180). */
#include "export/export_format.h"

static const char header[] =
    "id,kind,text,owner,due,due_said,type,priority,status,confidence,start,quote,speaker,meeting_id,title\r\n";

static void append_item(GString *out, const Item *item, const Record *record) {
    const Evidence *evidence = item->evidence->len > 0 ? &g_array_index(item->evidence, Evidence, 0) : NULL;
    g_autoptr(GString) start = g_string_new(NULL);
    if (evidence) append_caption_time(start, evidence->start_ms, '.');
    char confidence[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(confidence, sizeof confidence, "%.2f", item->confidence);
    const char *cells[] = {item->id,
                           item->kind < ITEM_KIND_COUNT ? item_kind_name(item->kind) : NULL,
                           item->text,
                           item->owner,
                           item->due,
                           item->due_said,
                           item->type,
                           item->priority,
                           item->status,
                           confidence,
                           start->str,
                           evidence ? evidence->quote : NULL,
                           evidence ? evidence->speaker : NULL,
                           record->meeting_id,
                           record->title};
    for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) append_csv_cell(out, cells[i], i + 1 == G_N_ELEMENTS(cells));
}

static bool write_csv(const Meeting *meeting, GString *out, GError **error) {
    g_string_append(out, header);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        const GPtrArray *items = meeting->minutes->items[kind];
        for (guint i = 0; i < items->len; i++) append_item(out, g_ptr_array_index(items, i), meeting->record);
    }
    return true;
}

const ExportFormat export_csv = {"csv", "text/csv; charset=utf-8", "The items as a table for spreadsheets", write_csv};
