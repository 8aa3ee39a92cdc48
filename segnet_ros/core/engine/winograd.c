/*
 * Convolutions of 3 x 3 by Winograd's F(4 x 4, 3 x 3), compiled at start on the CPU that runs them.
 *
 * A tile of 4 x 4 results is a polynomial product, evaluated at the points 0, +-P, +-Q and infinity of
 * both axes: 36 multiplications in place of 144. See Lavin and Gray, Fast Algorithms for Convolutional
 * Neural Networks, 2016. P and Q are macros.
 *
 * Tiles are taken in blocks that stay in the cache: transformed, multiplied for each of the 36
 * values, all channels by all channels, and transformed back.
 */

#include <omp.h>
#include <stddef.h>
#include <string.h>

#ifndef LANES /* floats of a register */
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#endif

#ifndef ROWS /* tiles multiplied at a time: their sums fill the registers */
#if defined(__AVX512F__)
#define ROWS 12
#elif defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 6
#endif
#endif

enum {
    PANEL = 2 * LANES, /* outputs multiplied at a time */
    LINE = 16,         /* floats of a cache line */
    OUT = 4,           /* side of a tile of results */
    IN = 6,            /* side of the tile of inputs that it takes */
    VALUES = IN * IN
};

#define PP (P * P)
#define QQ (Q * Q)

typedef float vector __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int mask __attribute__((vector_size(4 * LANES), aligned(4)));

static inline vector load(const float *from) { return *(const vector *)from; }
static inline void store(float *to, vector v) { *(vector *)to = v; }

/* Evaluate six inputs at the six points. */
static inline void transform_inputs(const vector *d, int from, vector *v, int to)
{
    vector d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from];
    vector even_p = d4 - QQ * d2, odd_p = P * (d3 - QQ * d1);
    vector even_q = d4 - PP * d2, odd_q = Q * (d3 - PP * d1);
    v[0] = PP * QQ * d[0] - (PP + QQ) * d2 + d4;
    v[to] = even_p + odd_p;
    v[2 * to] = even_p - odd_p;
    v[3 * to] = even_q + odd_q;
    v[4 * to] = even_q - odd_q;
    v[5 * to] = PP * QQ * d1 - (PP + QQ) * d3 + d[5 * from];
}

/* Go from products at the six points to four results. */
static inline void transform_products(const vector *m, int from, vector *y, int to)
{
    vector even_p = m[from] + m[2 * from], odd_p = P * (m[from] - m[2 * from]);
    vector even_q = m[3 * from] + m[4 * from], odd_q = Q * (m[3 * from] - m[4 * from]);
    y[0] = m[0] + even_p + even_q;
    y[to] = odd_p + odd_q;
    y[2 * to] = PP * even_p + QQ * even_q;
    y[3 * to] = PP * odd_p + QQ * odd_q + m[5 * from];
}

/* Multiply (tiles, inputs) by (inputs, PANEL), into rows that are VALUES * PANEL apart. */
static void multiply(const float *a, const float *b, float *products, int tiles, int inputs)
{
    for (int t = 0; t < tiles; t += ROWS) {
        vector sums[ROWS][2];
        for (int r = 0; r < ROWS; r++)
            sums[r][0] = sums[r][1] = (vector){0};
        const float *rows = a + (size_t)t * inputs;
        for (int c = 0; c < inputs; c++) {
            vector b0 = load(b + (size_t)c * PANEL), b1 = load(b + (size_t)c * PANEL + LANES);
            for (int r = 0; r < ROWS; r++) {
                float scalar = rows[(size_t)r * inputs + c];
                sums[r][0] += scalar * b0;
                sums[r][1] += scalar * b1;
            }
        }
        for (int r = 0; r < ROWS; r++) {
            float *to = products + (size_t)(t + r) * VALUES * PANEL;
            store(to, sums[r][0]);
            store(to + LANES, sums[r][1]);
        }
    }
}

/* Where a tile lies: of which image, and the row and column of its first result. */
struct place {
    int image, row, column;
};

static struct place find_tile(int tile, int height, int width)
{
    int down = (height + OUT - 1) / OUT, across = (width + OUT - 1) / OUT;
    return (struct place){tile / (down * across), tile / across % down * OUT, tile % across * OUT};
}

/* Find the pixels of a tile with its rim; NULL outside the image. */
static void find_pixels(const float *x, struct place at, int height, int width, int channels,
                        const float *pixels[VALUES])
{
    for (int i = 0; i < IN; i++)
        for (int j = 0; j < IN; j++) {
            int row = at.row + i - 1, column = at.column + j - 1;
            int is_inside = row >= 0 && row < height && column >= 0 && column < width;
            size_t pixel = ((size_t)at.image * height + row) * width + column;
            pixels[IN * i + j] = is_inside ? x + pixel * channels : NULL;
        }
}

/* Transform a tile into 36 values, a plane each. */
static void read_tile(const float *const pixels[VALUES], int channels, float *values, size_t plane)
{
    for (int c = 0; c < channels; c += LANES) {
        vector d[VALUES], v[VALUES];
        for (int p = 0; p < VALUES; p++)
            d[p] = pixels[p] ? load(pixels[p] + c) : (vector){0};
        for (int j = 0; j < IN; j++)
            transform_inputs(d + j, IN, v + j, IN);
        for (int i = 0; i < IN; i++)
            transform_inputs(v + IN * i, 1, d + IN * i, 1);
        for (int p = 0; p < VALUES; p++)
            store(values + p * plane + c, d[p]);
    }
}

/* For each result of a tile, the first one whose inputs are the same. */
struct repeats {
    unsigned char of[OUT * OUT];
};

static int are_same(const float *one, const float *other, int channels)
{
    return one == other || (one && other && !memcmp(one, other, channels * sizeof *one));
}

/*
 * Tell whether two of the four central pixels are the same. They must be, if two results side by side
 * or corner to corner have the same 3 x 3 inputs: wherever these two lie in the tile, one has one of
 * the four where the other has another.
 */
static int can_repeat(const float *const pixels[VALUES], int channels)
{
    const float *central[] = {pixels[IN * 2 + 2], pixels[IN * 2 + 3], pixels[IN * 3 + 2],
                              pixels[IN * 3 + 3]};
    for (int k = 1; k < 4; k++)
        for (int l = 0; l < k; l++)
            if (are_same(central[k], central[l], channels))
                return 1;
    return 0;
}

static int have_same_inputs(const unsigned char classes[VALUES], int k, int l)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            if (classes[IN * (k / OUT + i) + k % OUT + j] != classes[IN * (l / OUT + i) + l % OUT + j])
                return 0;
    return 1;
}

/*
 * Find results whose 3 x 3 inputs are those of another, as in a plain sky. They must be the same to
 * the last bit, where the transforms would round each in its own way: max pooling takes the first of
 * equal values, and unpooling puts things where that was. A window of the pooling lies in one tile.
 */
static struct repeats find_repeats(const float *const pixels[VALUES], int channels)
{
    struct repeats repeats;
    for (int k = 0; k < OUT * OUT; k++)
        repeats.of[k] = k;
    if (!can_repeat(pixels, channels))
        return repeats;
    unsigned char classes[VALUES];
    for (int p = 0; p < VALUES; p++) {
        int first = 0;
        while (!are_same(pixels[p], pixels[first], channels))
            first++;
        classes[p] = first;
    }
    for (int k = 0; k < OUT * OUT; k++) {
        int first = 0;
        while (!have_same_inputs(classes, k, first))
            first++;
        repeats.of[k] = first;
    }
    return repeats;
}

/* Turn 36 products into results, those inside the image, for PANEL outputs. */
static void write_tile(const float *products, const struct repeats *repeats, const float *bias,
                       int is_rectified, float *y, struct place at, int height, int width,
                       int channels)
{
    int rows = height - at.row < OUT ? height - at.row : OUT;
    int columns = width - at.column < OUT ? width - at.column : OUT;
    y += (((size_t)at.image * height + at.row) * width + at.column) * channels;
    for (int c = 0; c < PANEL; c += LANES) {
        vector m[VALUES], half[OUT * IN], results[OUT * OUT];
        for (int p = 0; p < VALUES; p++)
            m[p] = load(products + p * PANEL + c);
        for (int j = 0; j < IN; j++)
            transform_products(m + j, IN, half + j, IN);
        for (int i = 0; i < OUT; i++)
            transform_products(half + IN * i, 1, results + OUT * i, 1);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                vector result = results[repeats->of[OUT * i + j]] + load(bias + c);
                if (is_rectified) /* keeps what is not a number */
                    result = (vector)((mask)result & ~(result < 0));
                store(y + ((size_t)i * width + j) * channels + c, result);
            }
    }
}

/*
 * Floats from one of the 36 values of a block's tiles to the next. A line more than they take, so that
 * those of a tile do not fall on the same few lines of the cache.
 */
static size_t count_values(int block, int inputs) { return (size_t)block * inputs + LINE; }

int get_panel(void) { return PANEL; }
int get_rows(void) { return ROWS; }

int count_tiles(int images, int height, int width)
{
    return images * ((height + OUT - 1) / OUT) * ((width + OUT - 1) / OUT);
}

/* Floats of memory that each thread needs. */
size_t count_floats(int block, int inputs, int outputs)
{
    return VALUES * (count_values(block, inputs) + (size_t)block * outputs);
}

/*
 * Convolve on so many threads: those of PyTorch, where both have the same OpenMP.
 *
 * x: (images, height, width, inputs); y likewise, with outputs
 * filters: (VALUES, outputs / PANEL, inputs, PANEL), transformed
 * memory: count_floats for each thread
 * block: tiles, a multiple of ROWS
 */
void convolve(const float *x, const float *filters, const float *bias, float *y, float *memory,
              int threads, int images, int height, int width, int inputs, int outputs, int block,
              int is_rectified)
{
    int all = count_tiles(images, height, width), panels = outputs / PANEL;
    size_t plane = count_values(block, inputs), panel_size = (size_t)block * VALUES * PANEL;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int first = 0; first < all; first += block) {
        float *values = memory + omp_get_thread_num() * count_floats(block, inputs, outputs);
        float *products = values + VALUES * plane;
        int tiles = all - first < block ? all - first : block;
        struct repeats repeats[tiles];
        for (int t = 0; t < tiles; t++) {
            const float *pixels[VALUES];
            find_pixels(x, find_tile(first + t, height, width), height, width, inputs, pixels);
            read_tile(pixels, inputs, values + (size_t)t * inputs, plane);
            repeats[t] = find_repeats(pixels, inputs);
        }
        for (int p = 0; p < VALUES; p++)
            for (int q = 0; q < panels; q++)
                multiply(values + p * plane, filters + ((size_t)p * panels + q) * inputs * PANEL,
                         products + q * panel_size + p * PANEL, tiles, inputs);
        for (int t = 0; t < tiles; t++) {
            struct place at = find_tile(first + t, height, width);
            for (int q = 0; q < panels; q++)
                write_tile(products + q * panel_size + (size_t)t * VALUES * PANEL, repeats + t,
                           bias + q * PANEL, is_rectified, y + q * PANEL, at, height, width,
                           outputs);
        }
    }
}
