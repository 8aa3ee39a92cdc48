// The kernels as plain C++: a loop in place of the threads.

#include <cmath>

#define __global__
#define __device__

struct Index { unsigned int x; };
static Index blockIdx, blockDim = {1}, threadIdx = {0};

#include "kernels.cu"

template <typename... Parameters, typename... Arguments>
static void launch(void (*kernel)(Parameters...), int threads, Arguments... arguments) {
  for (blockIdx.x = 0; (int)blockIdx.x < threads; ++blockIdx.x) kernel(arguments...);
}

extern "C" void launch_max_pool(
    int threads, const short* x, short* features, uint8* indices, int n, int h, int w, int c) {
  launch(max_pool, threads, x, features, indices, n, h, w, c);
}

extern "C" void launch_unpool(
    int threads, const short* features, const uint8* indices, short* x, int n, int h, int w, int c) {
  launch(unpool, threads, features, indices, x, n, h, w, c);
}

extern "C" void launch_finish(
    int threads, const short* logits, int h, int w, int stride, const uint8* image,
    const uint8* palette, const float* opacity, const uint8* kept, int least, uint8* label,
    uint8* confidence, uint8* color, uint8* overlay, int height, int width) {
  launch(finish, threads, logits, h, w, stride, image, palette, opacity, kept, least, label,
         confidence, color, overlay, height, width);
}
