// The first and the last 3 x 3 convolution of a SegNet, on tensor cores (compute capability 8.0 on).
//
// Libraries pad 3 or 11 channels in memory, and add the bias of the last in a pass of its own. Here
// each is one pass. Feature maps are channels-last, (N, H, W, C), of 16-bit numbers; sums are fp32.
//
// A warp multiplies 16 pixels x 16 inputs by 16 inputs x 8 outputs at a time. Which thread holds what
// is fixed (PTX, mma.m16n8k16): with g = lane / 4 and t = lane % 4, inputs 2t, 2t + 1, 2t + 8, 2t + 9
// of pixels g and g + 8, the same inputs of output g, and sums of outputs 2t, 2t + 1 for these pixels.
// Inputs and outputs may come in any order that the weights share: it is chosen so that each thread
// reads and writes neighbors in memory.

typedef unsigned short number;
typedef unsigned int uint32;

// Classes, and eights of them.
#ifndef CLASSES
#define CLASSES 11
#endif
#define EIGHTS ((CLASSES + 7) / 8)

// Outputs of the first convolution, in multiples of 32.
#ifndef WIDTH
#define WIDTH 64
#endif

// Whether numbers are bf16; otherwise they are fp16.
#ifndef IS_BF16
#define IS_BF16 0
#endif

// Tiles of 16 pixels, one after the other, that a warp takes of the first convolution.
#ifndef TILES
#define TILES 2
#endif

// Rows of 16 pixels, one below the other, that a warp takes of the last convolution.
#ifndef ROWS
#define ROWS 4
#endif

struct alignas(16) Eight { uint32 pair[4]; };
struct alignas(8) Four { uint32 pair[2]; };

#ifndef EMULATED
static __device__ void multiply(float* sums, const uint32* a, const uint32* b) {
#if IS_BF16
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#else
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
#endif
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Two numbers, the first in the lower half.
static __device__ uint32 round_two(float first, float second) {
  uint32 pair;
#if IS_BF16
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
#else
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
#endif
  return pair;
}
#endif

// Two of the inputs 0 to 31 of a pixel: the three channels of its nine neighbors, then zeros.
static __device__ uint32 read_two(
    const number* image, uint32 pixel, uint32 pixels, int input, int height, int width) {
  int row = (int)(pixel / width % height), column = (int)(pixel % width);
  uint32 two[2];
#pragma unroll
  for (int k = 0; k < 2; ++k, ++input) {
    int down = input / 9 - 1, right = input / 3 % 3 - 1;
    int y = row + down, x = column + right;
    bool is_inside =
        input < 27 && pixel < pixels && y >= 0 && y < height && x >= 0 && x < width;
    long long at = (long long)pixel + down * width + right;
    two[k] = is_inside ? image[3 * at + input % 3] : 0;
  }
  return two[0] | two[1] << 16;
}

// Image (N, H, W, 3) to features (N, H, W, WIDTH), rectified.
//
// weights: for each 32 outputs, 2 sixteens of inputs (27 and zeros) and 4 eights of outputs, four
// numbers of each lane; bias: fp32 (WIDTH).
extern "C" __global__ void convolve_image(
    const number* image, const number* weights, const float* bias, number* features, int count,
    int height, int width) {
  uint32 thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint32 lane = thread % 32, first = thread / 32 * (TILES * 16) + lane / 4;
  uint32 pixels = (uint32)count * height * width;
  int t = (int)(lane % 4);
  uint32 a[TILES][2][4];
#pragma unroll
  for (int k = 0; k < 8 * TILES; ++k) {
    int tile = k / 8, sixteen = k / 4 % 2, high = k / 2 % 2, half = k % 2;
    a[tile][sixteen][half + 2 * high] = read_two(
        image, first + 16 * tile + 8 * half, pixels, 16 * sixteen + 8 * high + 2 * t, height, width);
  }
#pragma unroll
  for (int part = 0; part < WIDTH / 32; ++part) {
    int output = 32 * part + 8 * t;
    float sums[TILES][4][4];
#pragma unroll
    for (int eight = 0; eight < 4; ++eight) {
      const Four* b = (const Four*)weights + (8 * part + eight) * 32 + lane;
      Four low = b[0], high = b[4 * 32];
#pragma unroll
      for (int tile = 0; tile < TILES; ++tile) {
#pragma unroll
        for (int k = 0; k < 4; ++k) sums[tile][eight][k] = bias[output + 2 * eight + k % 2];
        multiply(sums[tile][eight], a[tile][0], low.pair);
        multiply(sums[tile][eight], a[tile][1], high.pair);
      }
    }
#pragma unroll
    for (int k = 0; k < 2 * TILES; ++k) {
      int tile = k / 2, half = k % 2;
      uint32 pixel = first + 16 * tile + 8 * half;
      Eight outputs;
#pragma unroll
      for (int eight = 0; eight < 4; ++eight) {
        const float* two = sums[tile][eight] + 2 * half;
        outputs.pair[eight] = round_two(
            two[0] > 0.0f ? two[0] : 0.0f, two[1] > 0.0f ? two[1] : 0.0f);
      }
      if (pixel < pixels)
        *(Eight*)(features + (unsigned long long)pixel * WIDTH + output) = outputs;
    }
  }
}

// Eight neighboring channels of a pixel, zeros outside of the map.
static __device__ Eight read_eight(
    const number* map, int y, int x, int height, int width, int channels, int channel) {
  if (y < 0 || y >= height || x < 0 || x >= width) return Eight{{0, 0, 0, 0}};
  return *(const Eight*)(map + ((long long)y * width + x) * channels + channel);
}

// Features (N, H, W, C), C a multiple of 32, to logits (N, H, W, 8 * EIGHTS), not rectified.
//
// A warp takes ROWS rows of 16 pixels: what it reads of a row serves the rows above and below.
// weights: for each 32 inputs and 9 neighbors, (8 * EIGHTS, 32); bias: fp32 (8 * EIGHTS).
// A multiprocessor runs two blocks of 256 threads, where registers for so few classes allow it.
extern "C" __global__ void __launch_bounds__(256, CLASSES > 16 ? 1 : 2) classify(
    const number* features, const number* weights, const float* bias, number* logits, int count,
    int height, int width, int channels) {
  uint32 thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint32 lane = thread % 32, warp = thread / 32;
  uint32 across = (uint32)(width + 15) / 16, down = (uint32)(height + ROWS - 1) / ROWS;
  int g = (int)(lane / 4), t = (int)(lane % 4);
  int column = (int)(warp % across) * 16 + g, row = (int)(warp / across % down) * ROWS;
  uint32 n = warp / across / down;
  if (n >= (uint32)count) return;
  const number* map = features + (unsigned long long)n * height * width * channels;
  float sums[ROWS][EIGHTS][4];
#pragma unroll
  for (int k = 0; k < ROWS * EIGHTS * 4; ++k)
    sums[k / (4 * EIGHTS)][k / 4 % EIGHTS][k % 4] = bias[8 * (k / 4 % EIGHTS) + 2 * t + k % 2];
  for (int part = 0; part < channels / 32; ++part)
#pragma unroll 1  // more at once would take more registers
  for (int right = -1; right < 2; ++right) {
    Eight b[3][EIGHTS];
#pragma unroll
    for (int k = 0; k < 3 * EIGHTS; ++k) {
      int below = k / EIGHTS, eight = k % EIGHTS, neighbor = 9 * part + 3 * below + right + 1;
      b[below][eight] =
          *(const Eight*)(weights + ((neighbor * EIGHTS + eight) * 8 + g) * 32 + 8 * t);
    }
#pragma unroll
    for (int read = 0; read < ROWS + 2; ++read) {
      int y = row + read - 1, x = column + right, channel = 32 * part + 8 * t;
      Eight a = read_eight(map, y, x, height, width, channels, channel);
      Eight other = read_eight(map, y, x + 8, height, width, channels, channel);
      uint32 operands[2][4] = {
          {a.pair[0], other.pair[0], a.pair[1], other.pair[1]},
          {a.pair[2], other.pair[2], a.pair[3], other.pair[3]}};
#pragma unroll
      for (int k = 0; k < 6 * EIGHTS; ++k) {
        int below = k / (2 * EIGHTS), eight = k / 2 % EIGHTS, sixteen = k % 2, own = read - below;
        if (own >= 0 && own < ROWS)
          multiply(sums[own][eight], operands[sixteen], b[below][eight].pair + 2 * sixteen);
      }
    }
  }
#pragma unroll
  for (int k = 0; k < ROWS * 2 * EIGHTS; ++k) {
    int own = k / (2 * EIGHTS), half = k / EIGHTS % 2, eight = k % EIGHTS;
    int y = row + own, x = column + 8 * half;
    unsigned long long pixel = ((unsigned long long)n * height + y) * width + x;
    if (y < height && x < width)
      *(uint32*)(logits + (pixel * EIGHTS + eight) * 8 + 2 * t) =
          round_two(sums[own][eight][2 * half], sums[own][eight][2 * half + 1]);
  }
}
