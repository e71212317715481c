/* SPDX-License-Identifier: MIT
 *
 * A snapshot's bytes, written by plan_write.c and read by snapshot.c and match.c. Little-endian.
 *
 *   header    fixed size, its own checksum; says where the sections are
 *   buckets   the one hash table: hosts, paths and query parameters, a cache line each
 *   records   what the table's slots point to
 *   strings   beginnings of targets and of paths that rules share
 *   actions   answers that rules share
 *   origin    rule number -> global line number, for people
 *   files     the files that the global line numbers run through
 *   conditions  sets of conditions that rules share; see cond.h
 *   regexes   every expression, and scanners for many at once; see regex_pool.h
 *   items     number of an expression -> its record
 *
 * The table maps a 64-bit keyed hash to a record. The record holds the whole key, and the key is
 * always compared. Every bucket, record, string and action carries a 32-bit check over its own
 * bytes, seeded with its place, and it is verified on each use: what a broken disk or a stray write
 * changed is an error and never another answer. A lookup that finds nothing has verified the bucket
 * that says so.
 *
 * Records:
 *   host   name, and for each kind (exact, *.name, .name) an id and which paths are worth a probe
 *   node   one path (it may begin with a shared string, as a target may) for one host id: the
 *          rules without query conditions, best first
 *   pair   one query parameter for one node: the rules that need it, best first; each rule stands
 *          under the one parameter of its own that is rarest, so that 16,000 rules for /page?id=N
 *          are found by one probe for each parameter of the request
 *   run    a run of segments as written in a path with names in it: /a/:x/b/c has the runs /a and
 *          /b/c. A run is found under a state, which stands for all that came before it: the first
 *          under its host, the next under the state behind its name. So 100,000 paths with names
 *          cost one probe for each length of run that a state has
 *   item   one rule whose expression decides; it is found by a run, when something is known of the
 *          beginning of all paths that match, or by a scanner
 */
#ifndef DT_RULES_LAYOUT_H
#define DT_RULES_LAYOUT_H

#include "base/hash.h"

#include <detour/slice.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "snapshots are little-endian, and so must the machine be"
#endif

#define DT_SNAP_MAGIC                                                                              \
    "\x89"                                                                                         \
    "DETOUR\n"
#define DT_SNAP_VERSION 2u

enum dt_snap_section {
    DT_SECTION_BUCKETS,
    DT_SECTION_RECORDS,
    DT_SECTION_STRINGS,
    DT_SECTION_ACTIONS,
    DT_SECTION_ORIGIN,
    DT_SECTION_FILES,
    DT_SECTION_CONDITIONS,
    DT_SECTION_REGEXES,
    DT_SECTION_ITEMS,
    DT_SECTION_COUNT
};

struct dt_snap_section_row {
    uint32_t id; /* enum dt_snap_section */
    uint32_t version;
    uint64_t offset; /* from the beginning of the snapshot, a multiple of 64 */
    uint64_t len;
    uint64_t check; /* of all its bytes */
};

/* Which paths the rules of one host pattern have: what is not noted here is not looked for. */
struct dt_part {
    uint32_t id;          /* 0: no rule */
    uint32_t variants;    /* bit form: exact paths of that form */
    uint32_t depths[2];   /* of folders: [0] as written, [1] ignoring case */
    uint32_t patterns[4]; /* by form: lengths of the first runs of paths with names */
    uint32_t shapes[2];   /* lengths of the first runs of what is known of expressions */
    uint32_t scopes[3];   /* of scanners + 1, by enum dt_subject; 0: none */
    uint32_t best_item; /* rank of the best rule with an expression; meaningful when there is one */
};

/* In a host's record a part is: varint id, and when that is not 0 a byte of these bits with its
 * variants below, then each field as a varint: depths, with PATTERNS patterns, with ITEMS the rest.
 */
enum { DT_PART_VARIANTS = 15, DT_PART_PATTERNS = 16, DT_PART_ITEMS = 32 };
#define DT_PART_FIELDS 12

/* What an expression is asked about. */
enum dt_subject { DT_SUBJECT_PATH, DT_SUBJECT_URL, DT_SUBJECT_RELATIVE };

static inline bool dt_part_has_items(const struct dt_part *part)
{
    return (part->shapes[0] | part->shapes[1] | part->scopes[0] | part->scopes[1] |
            part->scopes[2]) != 0;
}

struct dt_snap_header {
    char magic[8];
    uint32_t version;
    uint32_t header_len;
    uint64_t len; /* of the whole snapshot */
    uint64_t seed;
    uint64_t created;
    uint64_t rules;
    uint64_t bucket_count;
    uint32_t flags;
    uint32_t needs; /* enum dt_need */
    uint32_t suffix_labels;
    uint32_t host_count;
    uint32_t item_count;
    struct dt_part any;
    uint32_t unused;
    struct dt_snap_section_row sections[DT_SECTION_COUNT];
    uint64_t check; /* of all bytes before it */
};
_Static_assert(sizeof(struct dt_snap_header) % 8 == 0, "no padding before the check");

enum dt_snap_flag {
    /* Ranks follow the order in which match.c looks, so the first level that answers wins. */
    DT_SNAP_MONOTONE = 1,
    DT_SNAP_FIRST = 2, /* @order first */
};

#define DT_BUCKET_SLOTS 10

struct dt_bucket {
    uint32_t check;
    uint16_t tags[DT_BUCKET_SLOTS]; /* 0: the slot is empty */
    uint32_t refs[DT_BUCKET_SLOTS]; /* record offset / 4 */
};
_Static_assert(sizeof(struct dt_bucket) == 64, "a bucket is one cache line");

/* How full the table is made, slots in use of 100. */
#define DT_BUCKET_FILL 75

/* All records begin so; the length counts from the check to the end, in units of 4 bytes. */
struct dt_record_head {
    uint32_t check;
    uint32_t kind_len; /* low 4 bits: enum dt_record_kind; 4 bits: forms; 24 bits: length / 4 */
};

enum dt_record_kind {
    DT_RECORD_HOST = 1,
    DT_RECORD_EXACT,
    DT_RECORD_PREFIX,
    DT_RECORD_PAIR,
    DT_RECORD_RUN,   /* of paths with names */
    DT_RECORD_SHAPE, /* a run too, of what is known of expressions */
    DT_RECORD_ITEM,
};

/* The second 4 bits: of a node or a run, its form; of a node, what pairs stand below it. */
enum dt_node_form {
    DT_FORM_NOCASE = 1,
    DT_FORM_NOSLASH = 2,
    DT_NODE_HAS_PAIRS = 4, /* name=value */
    DT_NODE_HAS_NAMES = 8, /* a name alone */
};
#define DT_FORMS 4 /* combinations of NOCASE and NOSLASH */

/* One rule in a node, a pair, a run or an item: bits (one byte, two with MORE), varint rank, then
 * what the bits announce, in this order. */
enum dt_entry_bit {
    DT_ENTRY_HTTP = 1,    /* pinned scheme */
    DT_ENTRY_HTTPS = 2,   /* likewise */
    DT_ENTRY_PORT = 4,    /* two bytes */
    DT_ENTRY_ONLY = 8,    /* params=only */
    DT_ENTRY_PARAMS = 16, /* varint count, then varint name length, varint value length + 1 or 0
                             for any value, name, value */
    DT_ENTRY_TARGET = 32, /* varint string reference + 1 or 0, varint rest length, rest */
    DT_ENTRY_MARKS = 64,  /* the rest has marks */
    DT_ENTRY_MORE = 128,
    DT_ENTRY_CONDITIONS = 1 << 8, /* varint how many, varint reference */
    DT_ENTRY_QUERIES = 1 << 9,    /* captured: varint count, then varint length and name of each */
    DT_ENTRY_OPEN = 1 << 10,
    DT_ENTRY_PRIORITY = 1 << 11, /* four bytes, signed */
    DT_ENTRY_MAINTENANCE = 1 << 12,
    DT_ENTRY_OWN = 1 << 13, /* some mark stands for what every request has */
};
/* then: varint action reference (offset / 4) */

/* How an item's expression is asked, a byte behind its number. */
enum dt_item_kind {
    DT_ITEM_PATH, /* a regex, about the path */
    DT_ITEM_URL,
    DT_ITEM_RELATIVE, /* about the URL from "//" on */
    DT_ITEM_GLOB,     /* made of a path with a star: then varint number of the star's group */
};

static inline enum dt_subject dt_item_subject(unsigned kind)
{
    return kind == DT_ITEM_URL        ? DT_SUBJECT_URL
           : kind == DT_ITEM_RELATIVE ? DT_SUBJECT_RELATIVE
                                      : DT_SUBJECT_PATH;
}

#define DT_NAMES_MAX 32u /* in one path */

#define DT_DEPTH_CAP 31u /* the last bit of a depth mask stands for this depth and all deeper */

/* ---- Checks and hashes ---- */

/* The section is part of the place: what lands in another section is no less damaged. */
static inline uint64_t dt_snap_place(enum dt_snap_section section, uint64_t at)
{
    return (uint64_t)section << 56 | at;
}

static inline uint32_t dt_snap_check(const void *bytes, size_t len, uint64_t seed, uint64_t place)
{
    return (uint32_t)dt_hash64(bytes, len, seed ^ (place * UINT64_C(0x9E3779B97F4A7C15)));
}

static inline uint64_t dt_key_hash(struct dt_slice key, uint64_t seed, unsigned kind,
                                   uint64_t owner)
{
    uint64_t mixed =
        seed + owner * UINT64_C(0xD6E8FEB86659FD93) + kind * UINT64_C(0xA0761D6478BD642F);
    return dt_hash64(key.ptr, key.len, mixed);
}

/* A pair is hashed in two steps, so that name alone and name=value share the first. */
static inline uint64_t dt_name_hash(struct dt_slice name, uint64_t seed, uint64_t node_ref)
{
    return dt_key_hash(name, seed, DT_RECORD_PAIR, node_ref);
}

static inline uint64_t dt_value_hash(struct dt_slice value, uint64_t name_hash)
{
    return dt_hash64(value.ptr, value.len, name_hash ^ UINT64_C(0x8EBC6AF09C88C6E3));
}

static inline uint16_t dt_hash_tag(uint64_t hash)
{
    uint16_t tag = (uint16_t)hash;
    return tag ? tag : 1;
}

static inline uint64_t dt_hash_bucket(uint64_t hash, uint64_t count)
{
    return (uint64_t)(__extension__((unsigned __int128)hash * count) >> 64);
}

static inline uint32_t dt_bucket_check(const struct dt_bucket *bucket, uint64_t seed, uint64_t at)
{
    return dt_snap_check((const char *)bucket + sizeof bucket->check,
                         sizeof *bucket - sizeof bucket->check, seed,
                         dt_snap_place(DT_SECTION_BUCKETS, at));
}

/* ---- Reading: a cursor that cannot pass its end; what does not fit reads as zero and is sticky
 * ---- */

struct dt_cursor {
    const unsigned char *pos;
    const unsigned char *end;
    bool bad;
};

static inline uint64_t dt_cursor_varint(struct dt_cursor *c)
{
    uint64_t value = 0;
    if (c->pos < c->end && *c->pos < 0x80)
        return *c->pos++;
    for (unsigned shift = 0; shift < 63 && c->pos < c->end; shift += 7) {
        unsigned char byte = *c->pos++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    c->bad = true;
    return 0;
}

static inline struct dt_slice dt_cursor_bytes(struct dt_cursor *c, uint64_t len)
{
    if (len > (uint64_t)(c->end - c->pos)) {
        c->bad = true;
        return DT_SLICE_NONE;
    }
    struct dt_slice s = dt_slice_of((const char *)c->pos, (size_t)len);
    c->pos += len;
    return s;
}

static inline uint32_t dt_cursor_fixed(struct dt_cursor *c, size_t len)
{
    uint32_t value = 0;
    struct dt_slice s = dt_cursor_bytes(c, len);
    if (s.len)
        memcpy(&value, s.ptr, s.len);
    return value;
}

/* ---- Writing, and measuring what will be written ---- */

static inline size_t dt_varint_len(uint64_t value)
{
    size_t len = 1;
    while (value >= 0x80) {
        value >>= 7;
        len++;
    }
    return len;
}

static inline unsigned char *dt_varint_put(unsigned char *pos, uint64_t value)
{
    while (value >= 0x80) {
        *pos++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *pos++ = (unsigned char)value;
    return pos;
}

static inline unsigned char *dt_bytes_put(unsigned char *pos, struct dt_slice s)
{
    if (s.len)
        memcpy(pos, s.ptr, s.len);
    return pos + s.len;
}

static inline size_t dt_align(size_t value, size_t to)
{
    return (value + to - 1) & ~(to - 1);
}

/* The number of "/" in a path: its depth. */
static inline uint32_t dt_path_depth(struct dt_slice path)
{
    uint32_t depth = 0;
    for (size_t i = 0; i < path.len; i++)
        depth += path.ptr[i] == '/';
    return depth;
}

/* The bit of a depth, or of a number of segments, in a mask. */
static inline uint32_t dt_depth_bit(uint32_t depth)
{
    return depth < DT_DEPTH_CAP ? depth : DT_DEPTH_CAP;
}

static inline uint32_t dt_host_labels(struct dt_slice host)
{
    uint32_t labels = 1;
    for (size_t i = 0; i < host.len; i++)
        labels += host.ptr[i] == '.';
    return labels < DT_DEPTH_CAP ? labels : DT_DEPTH_CAP;
}

#endif
