/* CRC-32C over isa-l, whose call is the bare shift register: it neither inverts the value that it starts from nor the one that it ends with. */
#include "store/crc32c.h"

#include <isa-l/crc.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* bits reflected */
#define CALL_BYTES_MAX (1 << 30)

guint32 crc32c_add(guint32 sum, const void *data, gsize size) {
    guint32 shift = ~sum;
    for (const guint8 *at = data; size > 0;) {
        int length = (int)MIN(size, CALL_BYTES_MAX);
        shift = crc32_iscsi((guint8 *)at, length, shift); /* it reads only */
        at += length;
        size -= (gsize)length;
    }
    return ~shift;
}

/* a·b modulo the polynomial; the bit for x⁰ is the highest. */
static guint32 multiply(guint32 a, guint32 b) {
    guint32 product = 0;
    for (guint32 bit = 1u << 31; bit; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b & 1 ? (b >> 1) ^ POLYNOMIAL : b >> 1;
    }
    return product;
}

guint32 crc32c_join(guint32 first, guint32 second, guint64 second_size) {
    guint32 power = 1u << 23, shift = 1u << 31; /* x⁸: a byte further; and 1 */
    for (; second_size; second_size >>= 1) {
        if (second_size & 1) shift = multiply(shift, power);
        power = multiply(power, power);
    }
    return multiply(shift, first) ^ second;
}

char *crc32c_text(guint32 sum) {
    guint32 bytes = GUINT32_TO_BE(sum);
    return g_base64_encode((const guint8 *)&bytes, sizeof bytes);
}

bool crc32c_parse(const char *text, guint32 *sum) {
    gsize size = 0;
    guint32 bytes;
    if (!text || strlen(text) != 8) return false;
    g_autofree guint8 *data = g_base64_decode(text, &size);
    if (size != sizeof bytes) return false;
    memcpy(&bytes, data, sizeof bytes);
    g_autofree char *again = crc32c_text(GUINT32_FROM_BE(bytes));
    if (strcmp(again, text) != 0) return false; /* the decoder passes over what it does not know */
    *sum = GUINT32_FROM_BE(bytes);
    return true;
}
