#include "export/docx_package.h"

#include <string.h>
#include <zip.h>

#include "base/clock.h"
#include "export/export_format.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define OFFICE "http://schemas.openxmlformats.org/"
#define WORD "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define ZIP_EPOCH_S 315532800 /* 1980: a zip has no earlier time */

static const char content_types[] =
    XML "<Types xmlns=\"" OFFICE "package/2006/content-types\">"
        "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Override PartName=\"/word/document.xml\" ContentType=\"" WORD "document.main+xml\"/>"
        "<Override PartName=\"/word/styles.xml\" ContentType=\"" WORD "styles+xml\"/>"
        "<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>";

static const char relations[] =
    XML "<Relationships xmlns=\"" OFFICE "package/2006/relationships\">"
        "<Relationship Id=\"document\" Type=\"" OFFICE "officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>"
        "<Relationship Id=\"core\" Type=\"" OFFICE "package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>"
        "</Relationships>";

static const char document_relations[] =
    XML "<Relationships xmlns=\"" OFFICE "package/2006/relationships\">"
        "<Relationship Id=\"styles\" Type=\"" OFFICE "officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>";

#define STYLE(id, name, paragraph, run)                                                                                      \
    "<w:style w:type=\"paragraph\" w:styleId=\"" id "\"><w:name w:val=\"" name "\"/><w:basedOn w:val=\"Normal\"/><w:qFormat/>" \
    "<w:pPr>" paragraph "</w:pPr><w:rPr>" run "</w:rPr></w:style>"
#define BORDER(side) "<w:" side " w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"C8C8C8\"/>"

static const char styles[] =
    XML "<w:styles xmlns:w=\"" OFFICE "wordprocessingml/2006/main\"><w:docDefaults><w:rPrDefault><w:rPr>"
        "<w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:cs=\"Calibri\"/><w:sz w:val=\"22\"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>"
        "<w:spacing w:after=\"120\" w:line=\"264\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>"
        "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>"
    STYLE("Title", "Title", "<w:spacing w:after=\"40\"/>", "<w:b/><w:sz w:val=\"40\"/>")
    STYLE("Subtitle", "Subtitle", "<w:spacing w:after=\"240\"/>", "<w:color w:val=\"5A5A5A\"/>")
    STYLE("Heading1", "heading 1", "<w:keepNext/><w:spacing w:before=\"320\" w:after=\"120\"/><w:outlineLvl w:val=\"0\"/>",
          "<w:b/><w:sz w:val=\"28\"/>")
    STYLE("Quote", "Quote", "<w:ind w:left=\"284\"/>", "<w:i/>")
    STYLE("Cell", "Cell", "<w:spacing w:before=\"40\" w:after=\"40\"/>", "<w:sz w:val=\"20\"/>")
    STYLE("Proof", "Proof", "<w:spacing w:after=\"60\"/>", "<w:i/><w:color w:val=\"5A5A5A\"/><w:sz w:val=\"18\"/>")
        "<w:style w:type=\"table\" w:styleId=\"Grid\"><w:name w:val=\"Table Grid\"/><w:tblPr><w:tblBorders>"
    BORDER("top") BORDER("left") BORDER("bottom") BORDER("right") BORDER("insideH") BORDER("insideV")
        "</w:tblBorders></w:tblPr></w:style></w:styles>";

static char *core_properties(const char *title, gint64 created_ms) {
    g_autofree char *time = time_format(MAX(created_ms, 0));
    g_autoptr(GString) out = g_string_new(XML "<cp:coreProperties xmlns:cp=\"" OFFICE "package/2006/metadata/core-properties\""
                                              " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\""
                                              " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    append_xml(out, title);
    g_string_append_printf(out, "</dc:title><dc:creator>Hansard</dc:creator><dcterms:created xsi:type=\"dcterms:W3CDTF\">%.19sZ</dcterms:created>"
                                "</cp:coreProperties>", time);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *document_xml(const char *body) {
    return g_strconcat(XML "<w:document xmlns:w=\"" OFFICE "wordprocessingml/2006/main\"><w:body>\n", body,
                       "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\""
                       " w:header=\"709\" w:footer=\"709\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
                       NULL);
}

/* `text` outlives the archive. */
static bool add_part(zip_t *archive, const char *name, const char *text, gint64 created_ms) {
    zip_source_t *source = zip_source_buffer(archive, text, strlen(text), 0);
    zip_int64_t index = source ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index >= 0) return zip_file_set_mtime(archive, (zip_uint64_t)index, (time_t)MAX(created_ms / 1000, ZIP_EPOCH_S), 0) == 0;
    zip_source_free(source);
    return false;
}

/* The bytes of what the archive was written to. */
static bool append_source(zip_source_t *source, GString *out) {
    zip_stat_t about;
    if (zip_source_stat(source, &about) != 0 || zip_source_open(source) != 0) return false;
    gsize before = out->len;
    g_string_set_size(out, before + about.size);
    bool whole = zip_source_read(source, out->str + before, about.size) == (zip_int64_t)about.size;
    zip_source_close(source);
    return whole;
}

bool docx_package(const char *body, const char *title, gint64 created_ms, GString *out, GError **error) {
    g_autofree char *document = document_xml(body), *core = core_properties(title, created_ms);
    const char *const parts[][2] = {{"[Content_Types].xml", content_types},
                                    {"_rels/.rels", relations},
                                    {"docProps/core.xml", core},
                                    {"word/document.xml", document},
                                    {"word/_rels/document.xml.rels", document_relations},
                                    {"word/styles.xml", styles}};
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_TRUNCATE, NULL) : NULL;
    bool done = archive != NULL;
    if (done) zip_source_keep(source); /* closing the archive gives its own reference back */
    for (gsize i = 0; done && i < G_N_ELEMENTS(parts); i++) done = add_part(archive, parts[i][0], parts[i][1], created_ms);
    if (archive && (!done || zip_close(archive) != 0)) {
        done = false;
        zip_discard(archive);
    }
    done = done && append_source(source, out);
    zip_source_free(source);
    return done || fail(error, ERROR_INTERNAL, "the document could not be packed");
}
