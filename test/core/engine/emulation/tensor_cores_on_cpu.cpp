// The outer convolutions as plain C++: a thread for each lane of a warp, which wait for each other.

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __launch_bounds__(...)
#define EMULATED

struct Index { unsigned int x; };
static Index blockDim = {32};
static thread_local Index blockIdx, threadIdx;

typedef unsigned int uint32;

static std::barrier warp(32);
static uint32 all_a[32][4], all_b[32][2];

static float to_float(uint32 bits);
static uint32 to_bits(float value);

// By the layout that PTX gives for mma.m16n8k16, which the kernels have to follow.
static void multiply(float* sums, const uint32* a, const uint32* b) {
  uint32 lane = threadIdx.x;
  memcpy(all_a[lane], a, sizeof all_a[lane]);
  memcpy(all_b[lane], b, sizeof all_b[lane]);
  warp.arrive_and_wait();
  for (uint32 k = 0; k < 4; ++k) {
    uint32 row = lane / 4 + 8 * (k / 2), column = 2 * (lane % 4) + k % 2;
    for (uint32 input = 0; input < 16; ++input) {
      uint32 t = input % 8 / 2, high = input / 8, shift = 16 * (input % 2);
      uint32 x = all_a[row % 8 * 4 + t][row / 8 + 2 * high] >> shift & 0xffff;
      uint32 y = all_b[column * 4 + t][high] >> shift & 0xffff;
      sums[k] += to_float(x) * to_float(y);
    }
  }
  warp.arrive_and_wait();
}

static uint32 round_two(float first, float second) {
  return to_bits(first) | to_bits(second) << 16;
}

#include "outer_convolutions.cu"

static float to_float(uint32 bits) {
  if (IS_BF16) {
    bits <<= 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float value = exponent ? ldexpf(1024 + fraction, exponent - 25) : ldexpf(fraction, -24);
  return bits & 0x8000 ? -value : value;
}

static uint32 to_bits(float value) {
  if (IS_BF16) {
    uint32 bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  }
  uint32 sign = std::signbit(value) ? 0x8000 : 0;
  value = fabsf(value);
  int exponent = value ? std::max(ilogbf(value), -14) : -14;
  uint32 fraction = (uint32)nearbyintf(ldexpf(value, 10 - exponent));
  // The leading bit of a normal number counts into its exponent.
  return sign | (((uint32)(exponent + 14) << 10) + fraction);
}

template <typename... Parameters, typename... Arguments>
static void launch(void (*kernel)(Parameters...), int threads, Arguments... arguments) {
  std::vector<std::thread> lanes;
  for (uint32 lane = 0; lane < 32; ++lane)
    lanes.emplace_back([=] {
      threadIdx.x = lane;
      for (blockIdx.x = 0; (int)blockIdx.x < threads / 32; ++blockIdx.x) kernel(arguments...);
    });
  for (std::thread& lane : lanes) lane.join();
}

extern "C" void launch_convolve_image(
    int threads, const number* x, const number* weights, const float* bias, number* y, int n, int h,
    int w) {
  launch(convolve_image, threads, x, weights, bias, y, n, h, w);
}

extern "C" void launch_classify(
    int threads, const number* x, const number* weights, const float* bias, number* y, int n, int h,
    int w, int c) {
  launch(classify, threads, x, weights, bias, y, n, h, w, c);
}
