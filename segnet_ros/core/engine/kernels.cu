// Kernels of a SegNet on CUDA, compiled at start by NVRTC: no header, no compiler on the robot.
//
// Feature maps are channels-last, (N, H, W, C), of 16-bit numbers. After a ReLU these are not
// negative, and are ordered as the signed integers of the same bits, in fp16 as in bf16.

typedef unsigned char uint8;
typedef unsigned int uint32;
typedef unsigned long long uint64;

// Channels that a thread takes at once.
#ifndef VECTOR
#define VECTOR 8
#endif

#ifndef CLASSES
#define CLASSES 11
#endif

// Whether numbers are bf16; otherwise they are fp16.
#ifndef IS_BF16
#define IS_BF16 0
#endif

#define UNLABELED 255

struct alignas(2 * VECTOR) Numbers { short value[VECTOR]; };
struct alignas(VECTOR) Indices { uint8 value[VECTOR]; };

// Place of a thread: which window, and which channels of it.
struct Window {
  int n, row, column, channel;
  bool is_inside;
};

static __device__ Window find_window(int count, int rows, int columns, int channels) {
  // 32 bits, because division by more takes longer than the memory does: enough for 2^32 groups of channels.
  uint32 thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint32 groups = channels / VECTOR;
  Window window;
  window.channel = (int)(thread % groups) * VECTOR;
  thread /= groups;
  window.column = (int)(thread % (uint32)columns);
  thread /= (uint32)columns;
  window.row = (int)(thread % (uint32)rows);
  thread /= (uint32)rows;
  window.n = (int)thread;
  window.is_inside = window.n < count;
  return window;
}

static __device__ uint64 find_offset(int n, int row, int column, int channel, int rows, int columns, int channels) {
  return (((uint64)n * rows + row) * columns + column) * channels + channel;
}

// x (N, H, W, C) to features and indices, both (N, ceil(H / 2), ceil(W / 2), C).
extern "C" __global__ void max_pool(
    const short* x, short* features, uint8* indices, int count, int height, int width, int channels) {
  int rows = (height + 1) / 2, columns = (width + 1) / 2;
  Window window = find_window(count, rows, columns, channels);
  if (!window.is_inside) return;
  Numbers best;
  Indices index;
  for (int corner = 0; corner < 4; ++corner) {
    int row = 2 * window.row + corner / 2, column = 2 * window.column + corner % 2;
    if (row >= height || column >= width) continue;
    Numbers candidate = *(const Numbers*)(
        x + find_offset(window.n, row, column, window.channel, height, width, channels));
    for (int k = 0; k < VECTOR; ++k) {
      // Strictly greater: the first maximum wins a tie.
      if (corner == 0 || candidate.value[k] > best.value[k]) {
        best.value[k] = candidate.value[k];
        index.value[k] = (uint8)corner;
      }
    }
  }
  uint64 offset = find_offset(window.n, window.row, window.column, window.channel, rows, columns, channels);
  *(Numbers*)(features + offset) = best;
  *(Indices*)(indices + offset) = index;
}

// Features and indices, (N, ceil(H / 2), ceil(W / 2), C), to x (N, H, W, C), zero elsewhere.
extern "C" __global__ void unpool(
    const short* features, const uint8* indices, short* x, int count, int height, int width, int channels) {
  int rows = (height + 1) / 2, columns = (width + 1) / 2;
  Window window = find_window(count, rows, columns, channels);
  if (!window.is_inside) return;
  uint64 offset = find_offset(window.n, window.row, window.column, window.channel, rows, columns, channels);
  Numbers number = *(const Numbers*)(features + offset);
  Indices index = *(const Indices*)(indices + offset);
  for (int corner = 0; corner < 4; ++corner) {
    int row = 2 * window.row + corner / 2, column = 2 * window.column + corner % 2;
    if (row >= height || column >= width) continue;
    Numbers placed;
    for (int k = 0; k < VECTOR; ++k)
      placed.value[k] = index.value[k] == corner ? number.value[k] : (short)0;
    *(Numbers*)(x + find_offset(window.n, row, column, window.channel, height, width, channels)) = placed;
  }
}

static __device__ float to_float(short number) {
  uint32 bits = (unsigned short)number;
  union { uint32 bits; float value; } result;
  if (IS_BF16) {
    result.bits = bits << 16;
    return result.value;
  }
  // The exponent of fp16 counts from 15, that of fp32 from 127: times two to the 112.
  result.bits = (bits & 0x7fff) << 13;
  float magnitude = result.value * 5192296858534827628530496329220096.0f;
  return bits & 0x8000 ? -magnitude : magnitude;
}

// Where an output pixel lies between two input pixels, as F.interpolate without align_corners.
struct Between {
  int first, second;
  float share_of_second;
};

static __device__ Between find_between(int place, int from, int to) {
  float x = ((float)place + 0.5f) * ((float)from / (float)to) - 0.5f;
  x = x < 0.0f ? 0.0f : x;
  Between between;
  between.first = (int)x;
  if (between.first > from - 1) between.first = from - 1;
  between.second = between.first < from - 1 ? between.first + 1 : between.first;
  between.share_of_second = x - (float)between.first;
  return between;
}

static __device__ uint8 blend(uint8 image, uint8 color, float opacity) {
  float difference = (float)color - (float)image;
  float value = opacity < 0.5f ? (float)image + opacity * difference
                               : (float)color - (1.0f - opacity) * difference;
  return (uint8)(value + 0.5f);
}

// Logits (h, w, stride) to whichever outputs are not null, at the size (H, W) of the image: label
// and confidence (H, W), color and overlay (H, W, 3). A class that is not kept, by a table of 256, and
// a confidence below the least make a pixel unlabeled.
extern "C" __global__ void finish(
    const short* logits, int h, int w, int stride, const uint8* image, const uint8* palette,
    const float* opacity, const uint8* kept, int least, uint8* label, uint8* confidence,
    uint8* color, uint8* overlay, int height, int width) {
  int pixel = blockIdx.x * blockDim.x + threadIdx.x;
  if (pixel >= height * width) return;
  Between row = find_between(pixel / width, h, height);
  Between column = find_between(pixel % width, w, width);
  const short* corners[4] = {
      logits + ((uint64)row.first * w + column.first) * stride,
      logits + ((uint64)row.first * w + column.second) * stride,
      logits + ((uint64)row.second * w + column.first) * stride,
      logits + ((uint64)row.second * w + column.second) * stride,
  };
  float values[CLASSES];
  int best = 0;
  for (int k = 0; k < CLASSES; ++k) {
    float above = (1.0f - column.share_of_second) * to_float(corners[0][k]) +
                  column.share_of_second * to_float(corners[1][k]);
    float below = (1.0f - column.share_of_second) * to_float(corners[2][k]) +
                  column.share_of_second * to_float(corners[3][k]);
    values[k] = (1.0f - row.share_of_second) * above + row.share_of_second * below;
    if (values[k] > values[best]) best = k;
  }
  int id = kept ? kept[best] : best;
  if (confidence || least) {
    float sum = 0.0f;
    for (int k = 0; k < CLASSES; ++k) sum += expf(values[k] - values[best]);
    int rounded = (int)rintf(255.0f / sum);
    if (confidence) confidence[pixel] = (uint8)rounded;
    if (rounded < least) id = UNLABELED;
  }
  if (label) label[pixel] = (uint8)id;
  for (int k = 0; k < 3; ++k) {
    uint8 shown = image[3 * pixel + k], painted = palette[3 * id + k];
    if (color) color[3 * pixel + k] = painted;
    if (overlay) overlay[3 * pixel + k] = id == UNLABELED ? shown : blend(shown, painted, *opacity);
  }
}
