"""
Which ONNX operators TensorRT's parser takes, and of which types.

Source: ``docs/operators.md`` of github.com/onnx/onnx-tensorrt, release TensorRT 10.1 (commit
96e7811, 2024-06-17), which counts for operator sets 9 to 20. What it restricts further does not
concern the graphs that are made here, but for two: the ``axes`` of a ``Slice``, a ``Pad`` or a
reduction have to be constants, and bytes (UINT8) can be inputs and outputs of a graph alone.
Whether a ``Cast`` to bytes may begin at integers is not said; NVIDIA's description of the type
names floats only, so graphs do it from there.
"""

from __future__ import annotations

OPERATOR_SETS = range(9, 21)
"""Versions of ONNX's operators that it knows."""

_FLOATS = ('FLOAT', 'FLOAT16', 'BFLOAT16')
_NUMBERS = (*_FLOATS, 'INT32', 'INT64')
_ALL = (*_NUMBERS, 'BOOL')
_GROUPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        _NUMBERS,
        'Abs Add ArgMax ArgMin DepthToSpace Div Equal Greater GreaterOrEqual IsNaN Less'
        ' LessOrEqual Max Min Mod Mul Neg Pad Range ReduceL1 ReduceL2 ReduceLogSum'
        ' ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare'
        ' Relu Scatter ScatterElements ScatterND Shrink Sign SpaceToDepth Sub Sum TopK',
    ),
    (
        _FLOATS,
        'Acos Acosh Asin Asinh Atan Atanh AveragePool BatchNormalization Ceil Celu Clip Conv'
        ' ConvTranspose Cos Cosh CumSum Dropout Einsum Elu Erf Exp Floor Gemm GlobalAveragePool'
        ' GlobalLpPool GlobalMaxPool GroupNormalization GRU HardSigmoid HardSwish Hardmax'
        ' ImageScaler InstanceNormalization IsInf LayerNormalization LeakyRelu Log LogSoftmax LRN'
        ' LSTM LpNormalization LpPool MatMul MaxPool MeanVarianceNormalization ParametricSoftplus'
        ' Pow PRelu QuantizeLinear RandomNormal RandomNormalLike RandomUniform RandomUniformLike'
        ' Reciprocal Resize RNN Round ScaledTanh Scan Selu Sigmoid Sin Sinh Softmax Softplus'
        ' Softsign Sqrt Tan Tanh ThresholdedRelu Upsample',
    ),
    (
        _ALL,
        'Concat Constant ConstantOfShape Expand EyeLike Flatten Gather GatherElements GatherND'
        ' Identity If Loop OneHot Reshape ReverseSequence Shape Size Slice Split Squeeze Tile'
        ' Transpose Trilu Unsqueeze Where',
    ),
    (('BOOL',), 'And Not Or Xor'),
    ((*_ALL, 'UINT8'), 'Cast CastLike'),
    (('FLOAT', 'FLOAT16'), 'DeformConv GridSample Mish NonMaxSuppression NonZero RoiAlign'),
    ((*_NUMBERS, 'INT8'), 'Gelu'),
    ((*_NUMBERS, 'FLOAT8'), 'Mean'),
    (('INT8', 'FLOAT8', 'INT4'), 'DequantizeLinear'),
)

TYPES = {operator: types for types, names in _GROUPS for operator in names.split()}
"""By operator, the types that it takes, by their names in ONNX; the others are not supported."""
