/* SPDX-License-Identifier: MIT
 *
 * Letters of different scripts look alike, and a host with one foreign letter is another host. What
 * may stand together in a label is what UTS 39 calls highly restrictive (section 5.2): one script;
 * or Latin with Han, Hiragana and Katakana; with Han and Bopomofo; with Han and Hangul. A label
 * that is all Cyrillic but could be read as Latin is told too, as browsers do.
 *
 * The ranges are those of Unicode's Scripts.txt that hold letters of names which are registered;
 * what stands nowhere counts as a script of its own. Digits, the hyphen and combining marks are of
 * every script.
 */
#include "rules/check/scripts.h"

enum script {
    COMMON,
    LATIN,
    GREEK,
    CYRILLIC,
    ARMENIAN,
    HEBREW,
    ARABIC,
    DEVANAGARI,
    BENGALI,
    GURMUKHI,
    GUJARATI,
    ORIYA,
    TAMIL,
    TELUGU,
    KANNADA,
    MALAYALAM,
    SINHALA,
    THAI,
    LAO,
    TIBETAN,
    MYANMAR,
    GEORGIAN,
    HANGUL,
    ETHIOPIC,
    CHEROKEE,
    KHMER,
    MONGOLIAN,
    HIRAGANA,
    KATAKANA,
    BOPOMOFO,
    HAN,
    THAANA,
    SYRIAC,
    OTHER,
    SCRIPTS,
};

static const char *const names[SCRIPTS] = {
    "common",     "Latin",     "Greek",    "Cyrillic", "Armenian", "Hebrew",         "Arabic",
    "Devanagari", "Bengali",   "Gurmukhi", "Gujarati", "Oriya",    "Tamil",          "Telugu",
    "Kannada",    "Malayalam", "Sinhala",  "Thai",     "Lao",      "Tibetan",        "Myanmar",
    "Georgian",   "Hangul",    "Ethiopic", "Cherokee", "Khmer",    "Mongolian",      "Hiragana",
    "Katakana",   "Bopomofo",  "Han",      "Thaana",   "Syriac",   "another script",
};

/* Ascending; code points between rows are OTHER. */
static const struct {
    uint32_t from, to;
    uint8_t script;
} ranges[] = {
    {0x0000, 0x0040, COMMON},     {0x0041, 0x005a, LATIN},      {0x005b, 0x0060, COMMON},
    {0x0061, 0x007a, LATIN},      {0x007b, 0x00a9, COMMON},     {0x00aa, 0x00aa, LATIN},
    {0x00ab, 0x00b9, COMMON},     {0x00ba, 0x00ba, LATIN},      {0x00bb, 0x00bf, COMMON},
    {0x00c0, 0x02b8, LATIN},      {0x02b9, 0x02df, COMMON},     {0x02e0, 0x02e4, LATIN},
    {0x02e5, 0x036f, COMMON},     {0x0370, 0x03ff, GREEK},      {0x0400, 0x052f, CYRILLIC},
    {0x0531, 0x058f, ARMENIAN},   {0x0591, 0x05f4, HEBREW},     {0x0600, 0x06ff, ARABIC},
    {0x0700, 0x074f, SYRIAC},     {0x0750, 0x077f, ARABIC},     {0x0780, 0x07bf, THAANA},
    {0x08a0, 0x08ff, ARABIC},     {0x0900, 0x097f, DEVANAGARI}, {0x0980, 0x09ff, BENGALI},
    {0x0a00, 0x0a7f, GURMUKHI},   {0x0a80, 0x0aff, GUJARATI},   {0x0b00, 0x0b7f, ORIYA},
    {0x0b80, 0x0bff, TAMIL},      {0x0c00, 0x0c7f, TELUGU},     {0x0c80, 0x0cff, KANNADA},
    {0x0d00, 0x0d7f, MALAYALAM},  {0x0d80, 0x0dff, SINHALA},    {0x0e00, 0x0e7f, THAI},
    {0x0e80, 0x0eff, LAO},        {0x0f00, 0x0fff, TIBETAN},    {0x1000, 0x109f, MYANMAR},
    {0x10a0, 0x10ff, GEORGIAN},   {0x1100, 0x11ff, HANGUL},     {0x1200, 0x139f, ETHIOPIC},
    {0x13a0, 0x13ff, CHEROKEE},   {0x1780, 0x17ff, KHMER},      {0x1800, 0x18af, MONGOLIAN},
    {0x1c80, 0x1c8f, CYRILLIC},   {0x1c90, 0x1cbf, GEORGIAN},   {0x1d00, 0x1d25, LATIN},
    {0x1d26, 0x1d2a, GREEK},      {0x1d2b, 0x1d2b, CYRILLIC},   {0x1d2c, 0x1dbf, LATIN},
    {0x1dc0, 0x1dff, COMMON},     {0x1e00, 0x1eff, LATIN},      {0x1f00, 0x1fff, GREEK},
    {0x2000, 0x206f, COMMON},     {0x20d0, 0x20ff, COMMON},     {0x2132, 0x2132, LATIN},
    {0x214e, 0x214e, LATIN},      {0x2183, 0x2184, LATIN},      {0x2c60, 0x2c7f, LATIN},
    {0x2d00, 0x2d2f, GEORGIAN},   {0x2d80, 0x2ddf, ETHIOPIC},   {0x2de0, 0x2dff, CYRILLIC},
    {0x2e80, 0x2fdf, HAN},        {0x3000, 0x3004, COMMON},     {0x3005, 0x3007, HAN},
    {0x3008, 0x3020, COMMON},     {0x3021, 0x3029, HAN},        {0x302a, 0x3040, COMMON},
    {0x3041, 0x3096, HIRAGANA},   {0x3099, 0x309c, COMMON},     {0x309d, 0x309f, HIRAGANA},
    {0x30a0, 0x30a0, COMMON},     {0x30a1, 0x30fa, KATAKANA},   {0x30fb, 0x30fc, COMMON},
    {0x30fd, 0x30ff, KATAKANA},   {0x3105, 0x312f, BOPOMOFO},   {0x3131, 0x318e, HANGUL},
    {0x31a0, 0x31bf, BOPOMOFO},   {0x31f0, 0x31ff, KATAKANA},   {0x3400, 0x4dbf, HAN},
    {0x4e00, 0x9fff, HAN},        {0xa640, 0xa69f, CYRILLIC},   {0xa722, 0xa7ff, LATIN},
    {0xa8e0, 0xa8ff, DEVANAGARI}, {0xa960, 0xa97f, HANGUL},     {0xab30, 0xab64, LATIN},
    {0xab65, 0xab65, GREEK},      {0xab66, 0xab6f, LATIN},      {0xab70, 0xabbf, CHEROKEE},
    {0xac00, 0xd7ff, HANGUL},     {0xf900, 0xfaff, HAN},        {0xfe00, 0xfe0f, COMMON},
    {0x1aff0, 0x1b16f, KATAKANA}, {0x1df00, 0x1dfff, LATIN},    {0x1f000, 0x1faff, COMMON},
    {0x20000, 0x323af, HAN},
};

static enum script script_of(uint32_t cp)
{
    size_t low = 0, high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (cp > ranges[mid].to)
            low = mid + 1;
        else if (cp < ranges[mid].from)
            high = mid;
        else
            return (enum script)ranges[mid].script;
    }
    return OTHER;
}

/* Letters that are drawn as Latin ones are, in most fonts. */
static bool looks_latin(uint32_t cp)
{
    static const uint16_t alike[] = {
        0x0430, 0x0435,
        0x043e, 0x0440,
        0x0441, 0x0443,
        0x0445, 0x044a,
        0x044c, 0x0455,
        0x0456, 0x0457,
        0x0458, 0x0461,
        0x0475, 0x04bb,
        0x04cf, 0x0501,
        0x050d, 0x051b,
        0x051d, /* Greek */ 0x03bf,
        0x03c1, 0x03bd,
        0x03b1, 0x03c5,
        0x03ba, 0x03b9,
    };
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
        if (alike[i] == cp)
            return true;
    return false;
}

#define BIT(script) (UINT64_C(1) << (script))

enum dt_script_verdict dt_script_judge(const uint32_t *cps, size_t len, const char *ret_names[2])
{
    static const uint64_t together[] = {
        BIT(LATIN) | BIT(HAN) | BIT(HIRAGANA) | BIT(KATAKANA),
        BIT(LATIN) | BIT(HAN) | BIT(BOPOMOFO),
        BIT(LATIN) | BIT(HAN) | BIT(HANGUL),
    };
    uint64_t seen = 0;
    size_t letters = 0, alike = 0;
    for (size_t i = 0; i < len; i++) {
        enum script script = script_of(cps[i]);
        if (script == COMMON)
            continue;
        seen |= BIT(script);
        letters++;
        alike += looks_latin(cps[i]);
    }
    unsigned found = 0;
    for (unsigned script = LATIN; script < SCRIPTS; script++)
        if ((seen & BIT(script)) && found < 2)
            ret_names[found++] = names[script];
    if ((seen & (seen - 1)) == 0)
        return letters && alike == letters ? DT_SCRIPT_LOOKALIKE : DT_SCRIPT_PLAIN;
    for (size_t i = 0; i < sizeof together / sizeof *together; i++)
        if ((seen & ~together[i]) == 0)
            return DT_SCRIPT_PLAIN;
    return DT_SCRIPT_MIXED;
}
