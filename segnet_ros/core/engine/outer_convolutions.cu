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

#define PIXELS 16
#define TILES 2  // of 16 pixels, that a warp takes at once

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

// Place of a pixel in its map.
struct Place {
  int row, column;
  bool is_inside;
};

static __device__ Place find_place(uint32 pixel, uint32 pixels, int height, int width) {
  Place place;
  place.column = (int)(pixel % width);
  place.row = (int)(pixel / width % height);
  place.is_inside = pixel < pixels;
  return place;
}

static __device__ bool is_neighbor(Place place, int down, int right, int height, int width) {
  int row = place.row + down, column = place.column + right;
  return place.is_inside && row >= 0 && row < height && column >= 0 && column < width;
}

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
  int down[8], right[8], channel[8];
#pragma unroll
  for (int k = 0; k < 8; ++k) {
    int input = 16 * (k / 4) + 2 * t + k % 2 + 8 * (k / 2 % 2);
    down[k] = input < 27 ? input / 9 - 1 : 2 * height;  // far outside
    right[k] = input / 3 % 3 - 1;
    channel[k] = input % 3;
  }
#pragma unroll
  for (int tile = 0; tile < TILES; ++tile) {
    uint32 first = (warp * TILES + tile) * PIXELS + g;
    uint32 a[2][4];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      uint32 pixel = first + 8 * half;
      Place place = find_place(pixel, pixels, height, width);
#pragma unroll
      for (int pair = 0; pair < 4; ++pair) {
        uint32 two[2];
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          int k = 2 * pair + e;
          long long at = ((long long)pixel + down[k] * width + right[k]) * 3 + channel[k];
          two[e] = is_neighbor(place, down[k], right[k], height, width) ? image[at] : 0;
        }
        a[pair / 2][half + 2 * (pair % 2)] = two[0] | two[1] << 16;
      }
    }
#pragma unroll
    for (int part = 0; part < WIDTH / 32; ++part) {
      float sums[4][4];
#pragma unroll
      for (int eight = 0; eight < 4; ++eight) {
#pragma unroll
        for (int k = 0; k < 4; ++k) sums[eight][k] = bias[32 * part + 8 * t + 2 * eight + k % 2];
#pragma unroll
        for (int sixteen = 0; sixteen < 2; ++sixteen) {
          Four b = ((const Four*)weights)[((part * 2 + sixteen) * 4 + eight) * 32 + lane];
          multiply(sums[eight], a[sixteen], b.pair);
        }
      }
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        uint32 pixel = first + 8 * half;
        Eight eight;
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          float one = sums[k][2 * half], other = sums[k][2 * half + 1];
          eight.pair[k] = round_two(one > 0.0f ? one : 0.0f, other > 0.0f ? other : 0.0f);
        }
        if (pixel < pixels)
          *(Eight*)(features + (unsigned long long)pixel * WIDTH + 32 * part + 8 * t) = eight;
      }
    }
  }
}

// Features (N, H, W, C), C a multiple of 32, to logits (N, H, W, 8 * EIGHTS), not rectified.
//
// weights: for each of 9 neighbors and 32 inputs, (8 * EIGHTS, 32); bias: fp32 (8 * EIGHTS).
extern "C" __global__ void classify(
    const number* features, const number* weights, const float* bias, number* logits, int count,
    int height, int width, int channels) {
  uint32 thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint32 lane = thread % 32, warp = thread / 32, pixels = (uint32)count * height * width;
  int g = (int)(lane / 4), t = (int)(lane % 4);
  uint32 first[TILES];
  Place places[TILES][2];
  float sums[TILES][EIGHTS][4];
#pragma unroll
  for (int tile = 0; tile < TILES; ++tile) {
    first[tile] = (warp * TILES + tile) * PIXELS + g;
#pragma unroll
    for (int half = 0; half < 2; ++half)
      places[tile][half] = find_place(first[tile] + 8 * half, pixels, height, width);
#pragma unroll
    for (int eight = 0; eight < EIGHTS; ++eight)
#pragma unroll
      for (int k = 0; k < 4; ++k) sums[tile][eight][k] = bias[8 * eight + 2 * t + k % 2];
  }
  for (int neighbor = 0; neighbor < 9; ++neighbor) {
    int down = neighbor / 3 - 1, right = neighbor % 3 - 1;
    for (int part = 0; part < channels / 32; ++part) {
      Eight b[EIGHTS];
      const number* own = weights + (neighbor * (channels / 32) + part) * (8 * EIGHTS) * 32;
#pragma unroll
      for (int eight = 0; eight < EIGHTS; ++eight)
        b[eight] = *(const Eight*)(own + (8 * eight + g) * 32 + 8 * t);
#pragma unroll
      for (int tile = 0; tile < TILES; ++tile) {
        Eight a[2];
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          long long at = (long long)first[tile] + 8 * half + down * width + right;
          a[half] = Eight{{0, 0, 0, 0}};
          if (is_neighbor(places[tile][half], down, right, height, width))
            a[half] = *(const Eight*)(features + at * channels + 32 * part + 8 * t);
        }
#pragma unroll
        for (int sixteen = 0; sixteen < 2; ++sixteen) {
          uint32 operand[4] = {
              a[0].pair[2 * sixteen], a[1].pair[2 * sixteen],
              a[0].pair[2 * sixteen + 1], a[1].pair[2 * sixteen + 1]};
#pragma unroll
          for (int eight = 0; eight < EIGHTS; ++eight)
            multiply(sums[tile][eight], operand, b[eight].pair + 2 * sixteen);
        }
      }
    }
  }
#pragma unroll
  for (int tile = 0; tile < TILES; ++tile)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      unsigned long long pixel = first[tile] + 8 * half;
      if (pixel >= pixels) continue;
#pragma unroll
      for (int eight = 0; eight < EIGHTS; ++eight)
        *(uint32*)(logits + (pixel * EIGHTS + eight) * 8 + 2 * t) =
            round_two(sums[tile][eight][2 * half], sums[tile][eight][2 * half + 1]);
    }
}
