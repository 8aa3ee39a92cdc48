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

// Of 16 pixels each, that a warp takes at once: any, and one above the other.
#define TILES 2
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

// Image (N, H, W, 3) to features (N, H, W, WIDTH), rectified.
//
// weights: for each 32 outputs, 2 sixteens of inputs (27 and zeros) and 4 eights of outputs, four
// numbers of each lane; bias: fp32 (WIDTH).
extern "C" __global__ void convolve_image(
    const number* image, const number* weights, const float* bias, number* features, int count,
    int height, int width) {
  uint32 thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint32 lane = thread % 32, warp = thread / 32, pixels = (uint32)count * height * width;
  int g = (int)(lane / 4), t = (int)(lane % 4);
  uint32 a[TILES][2][4];
#pragma unroll
  for (int pair = 0; pair < 4; ++pair)
#pragma unroll
    for (int tile = 0; tile < TILES; ++tile)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        uint32 pixel = (warp * TILES + tile) * 16 + 8 * half + g, two[2];
        int column = (int)(pixel % width), row = (int)(pixel / width % height);
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          int input = 16 * (pair / 2) + 8 * (pair % 2) + 2 * t + e;
          int y = row + input / 9 - 1, x = column + input / 3 % 3 - 1;
          bool is_inside =
              input < 27 && pixel < pixels && y >= 0 && y < height && x >= 0 && x < width;
          long long at = (long long)pixel + (y - row) * width + (x - column);
          two[e] = is_inside ? image[3 * at + input % 3] : 0;
        }
        a[tile][pair / 2][half + 2 * (pair % 2)] = two[0] | two[1] << 16;
      }
#pragma unroll
  for (int part = 0; part < WIDTH / 32; ++part) {
    float sums[TILES][4][4];
#pragma unroll
    for (int eight = 0; eight < 4; ++eight) {
      const float* own = bias + 32 * part + 8 * t + 2 * eight;
      const Four* b = (const Four*)weights + ((part * 2) * 4 + eight) * 32 + lane;
      Four first = b[0], second = b[4 * 32];
#pragma unroll
      for (int tile = 0; tile < TILES; ++tile) {
#pragma unroll
        for (int k = 0; k < 4; ++k) sums[tile][eight][k] = own[k % 2];
        multiply(sums[tile][eight], a[tile][0], first.pair);
        multiply(sums[tile][eight], a[tile][1], second.pair);
      }
    }
#pragma unroll
    for (int tile = 0; tile < TILES; ++tile)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        uint32 pixel = (warp * TILES + tile) * 16 + 8 * half + g;
        Eight outputs;
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          float one = sums[tile][k][2 * half], other = sums[tile][k][2 * half + 1];
          outputs.pair[k] = round_two(one > 0.0f ? one : 0.0f, other > 0.0f ? other : 0.0f);
        }
        if (pixel < pixels)
          *(Eight*)(features + (unsigned long long)pixel * WIDTH + 32 * part + 8 * t) = outputs;
      }
  }
}

// Features (N, H, W, C), C a multiple of 32, to logits (N, H, W, 8 * EIGHTS), not rectified.
//
// A warp takes ROWS rows of 16 pixels: what it reads of a row serves the rows above and below.
// weights: for each 32 inputs and 9 neighbors, (8 * EIGHTS, 32); bias: fp32 (8 * EIGHTS).
extern "C" __global__ void classify(
    const number* features, const number* weights, const float* bias, number* logits, int count,
    int height, int width, int channels) {
  uint32 thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint32 lane = thread % 32, warp = thread / 32;
  uint32 across = (uint32)(width + 15) / 16, down = (uint32)(height + ROWS - 1) / ROWS;
  int g = (int)(lane / 4), t = (int)(lane % 4);
  int column = (int)(warp % across) * 16 + g, row = (int)(warp / across % down) * ROWS;
  if (warp / across / down >= (uint32)count) return;
  unsigned long long map = (unsigned long long)(warp / across / down) * height * width;
  float sums[ROWS][EIGHTS][4];
#pragma unroll
  for (int own = 0; own < ROWS; ++own)
#pragma unroll
    for (int eight = 0; eight < EIGHTS; ++eight)
#pragma unroll
      for (int k = 0; k < 4; ++k) sums[own][eight][k] = bias[8 * eight + 2 * t + k % 2];
#pragma unroll 1
  for (int part = 0; part < channels / 32; ++part) {
#pragma unroll 1
    for (int right = 0; right < 3; ++right) {
      Eight b[3][EIGHTS];
#pragma unroll
      for (int below = 0; below < 3; ++below)
#pragma unroll
        for (int eight = 0; eight < EIGHTS; ++eight)
          b[below][eight] = *(const Eight*)(
              weights + (((part * 3 + below) * 3 + right) * 8 * EIGHTS + 8 * eight + g) * 32 + 8 * t);
#pragma unroll
      for (int read = 0; read < ROWS + 2; ++read) {
        Eight a[2];
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          int y = row + read - 1, x = column + 8 * half + right - 1;
          a[half] = Eight{{0, 0, 0, 0}};
          if (y >= 0 && y < height && x >= 0 && x < width)
            a[half] = *(const Eight*)(
                features + (map + (long long)y * width + x) * channels + 32 * part + 8 * t);
        }
#pragma unroll
        for (int below = 0; below < 3; ++below) {
          int own = read - below;
          if (own < 0 || own >= ROWS) continue;
#pragma unroll
          for (int sixteen = 0; sixteen < 2; ++sixteen) {
            uint32 operand[4] = {
                a[0].pair[2 * sixteen], a[1].pair[2 * sixteen],
                a[0].pair[2 * sixteen + 1], a[1].pair[2 * sixteen + 1]};
#pragma unroll
            for (int eight = 0; eight < EIGHTS; ++eight)
              multiply(sums[own][eight], operand, b[below][eight].pair + 2 * sixteen);
          }
        }
      }
    }
  }
#pragma unroll
  for (int own = 0; own < ROWS; ++own)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      int y = row + own, x = column + 8 * half;
      if (y >= height || x >= width) continue;
      number* pixel = logits + (map + (long long)y * width + x) * 8 * EIGHTS;
#pragma unroll
      for (int eight = 0; eight < EIGHTS; ++eight)
        *(uint32*)(pixel + 8 * eight + 2 * t) =
            round_two(sums[own][eight][2 * half], sums[own][eight][2 * half + 1]);
    }
}
