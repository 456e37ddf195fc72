"""BERT's encoder on a processor, with fewer passes over memory than in transformers' own forward.

The same function of the same weights, worked out in another way:

- query, key and value are one product, and attention is plain products: torch's attention kernel for
  processors costs several times as much at the lengths that most texts have;
- under autocast all that lies between two products stays in its dtype, while sums within norms and softmax
  are float32 as ever;
- dropout takes its masks from random bytes, so that a rate is a multiple of 1/256: 0.1 becomes 26/256, and
  what is kept is scaled to match. The residual is added in the same pass;
- weights that stay as they are for a while (`held`) are laid out once as oneDNN's products want them, GELU
  included. In float32 this is worth most on processors for which torch's own products take no AVX-512.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

LONGEST_PLAIN = 512
"""Units up to which attention is plain products; their scores grow with the square of it."""
MOST_SCORES = 4 << 20
"""Scores of attention that are worked on at once, so that they stay near the processor."""
EVEN_SIZE = 64
"""Tokens of a batch that is only scored are a multiple of it."""
NUM_BYTES = 256
SHOWS_ALL = "output_hidden_states"
KNOWN = {SHOWS_ALL, "return_dict"}
"""Options of transformers' forward that this one has too."""
_ONEDNN = torch.ops.mkldnn
_AFTER = {False: "none", True: "gelu"}
"""What oneDNN does after a product."""


def quicken(encoder: PreTrainedModel) -> None:
    """Let an encoder of BERT's architecture take the quick way wherever it can; leave any other as it is."""
    config = encoder.config
    if config.model_type == "bert" and config.hidden_act == "gelu" and not config.is_decoder:
        encoder.forward = _QuickForward(encoder)


def hold(encoder: PreTrainedModel) -> None:
    """Take it that an encoder's weights never change again: what is made of them is made once.

    Forward passes that keep gradients do not notice.
    """
    if isinstance(encoder.forward, _QuickForward) and encoder.forward.products is None:
        encoder.forward.products = {}


@contextmanager
def held(encoder: PreTrainedModel) -> Iterator[None]:
    """Take it that an encoder's weights do not change meanwhile."""
    if not isinstance(encoder.forward, _QuickForward) or encoder.forward.products is not None:
        yield
        return
    hold(encoder)
    try:
        yield
    finally:
        encoder.forward.products = None


class _QuickForward:
    """Stands for an encoder's own forward.

    Attributes
    ----------
    products
        What was made of each layer's weights in each dtype, while they are held; else None.
    """

    def __init__(self, encoder: PreTrainedModel) -> None:
        self._encoder = encoder
        self._plain: Callable[..., BaseModelOutputWithPooling] = encoder.forward
        self.products: dict[tuple[int, torch.dtype], _Products] | None = None

    def __call__(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        **others: Any,
    ) -> BaseModelOutputWithPooling:
        """Encode ids ``(B, T)``; where anything is asked for that is not known here, do it the plain way."""
        asked = {name for name, value in others.items() if value is not None and value is not False}
        if (
            input_ids is None
            or attention_mask is None
            or asked - KNOWN
            or input_ids.device.type != "cpu"
            or input_ids.shape[1] > LONGEST_PLAIN
            or attention_mask.shape != input_ids.shape
        ):
            return self._plain(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids, **others
            )
        return _encode(self._encoder, input_ids, attention_mask, token_type_ids, asked, self._products_of)

    def _products_of(self, place: int, layer: nn.Module, dtype: torch.dtype) -> "_Products":
        if self.products is None or torch.is_grad_enabled():
            return _Products.of(layer, dtype, _linear)
        if (place, dtype) not in self.products:
            self.products[place, dtype] = _Products.of(layer, dtype, _packed_linear)
        return self.products[place, dtype]


def _encode(
    encoder: PreTrainedModel,
    input_ids: Tensor,
    attention_mask: Tensor,
    token_type_ids: Tensor | None,
    asked: set[str],
    products_of: Callable[[int, nn.Module, torch.dtype], "_Products"],
) -> BaseModelOutputWithPooling:
    width = input_ids.shape[1]
    bert, drop = cast(Any, encoder), _Dropout()
    is_cast = torch.is_autocast_enabled("cpu")
    dtype = torch.get_autocast_dtype("cpu") if is_cast else torch.float32
    packing = _Packing(attention_mask, dtype)
    with torch.autocast("cpu", enabled=False):
        embeddings = bert.embeddings
        kinds = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        summed = embeddings.word_embeddings(packing.pack(input_ids))
        summed = summed + embeddings.token_type_embeddings(packing.pack(kinds))
        positions = torch.arange(width).expand_as(input_ids)
        summed = summed + embeddings.position_embeddings(packing.pack(positions))
        hidden = drop.scaled(_norm(embeddings.LayerNorm, summed).to(dtype), embeddings.dropout)
        states = [hidden]
        for place, layer in enumerate(bert.encoder.layer):
            hidden = _layer(layer, products_of(place, layer, dtype), hidden, packing, drop)
            states.append(hidden)
        last = packing.spread(hidden).float()
        pooled = None if bert.pooler is None else bert.pooler(last)
    below = [packing.spread(state).float() for state in states[:-1]] if SHOWS_ALL in asked else []
    return BaseModelOutputWithPooling(
        last_hidden_state=last, pooler_output=pooled, hidden_states=(*below, last) if below else None
    )


def _layer(
    layer: Any, products: "_Products", hidden: Tensor, packing: "_Packing", drop: "_Dropout"
) -> Tensor:
    """One layer of packed tokens ``(N, D)``."""
    own, after, out = layer.attention.self, layer.attention.output, layer.output
    (num_rows, width), heads, size = packing.shape, own.num_attention_heads, hidden.shape[1]
    together = packing.unpack(products.query_key_value(hidden))
    split = together.view(num_rows, width, 3, heads, size // heads).permute(2, 0, 3, 1, 4)
    query, key, value = split.reshape(3, num_rows * heads, width, size // heads)
    bias = packing.bias(heads)
    at_once = max(1, MOST_SCORES // width**2)
    parts = []
    for place in range(0, num_rows * heads, at_once):
        few = slice(place, place + at_once)
        scores = torch.baddbmm(bias[few], query[few], key[few].transpose(1, 2), alpha=own.scaling)
        # The kernel for bfloat16 takes six times as long, and its gradient ten times.
        shares = drop.scaled(torch.softmax(scores, -1, dtype=torch.float32).to(hidden.dtype), own.dropout)
        parts.append(torch.bmm(shares, value[few]))
    context = (parts[0] if len(parts) == 1 else torch.cat(parts)).view(num_rows, heads, width, size // heads)
    context = packing.pack(context.transpose(1, 2).reshape(num_rows, width, size))
    hidden = _norm(after.LayerNorm, drop.added(hidden, products.attended(context), after.dropout))
    return _norm(out.LayerNorm, drop.added(hidden, products.outer(products.inner(hidden)), out.dropout))


_Product = Callable[[Tensor], Tensor]
"""A product with some weights, ``(N, D)`` to ``(N, O)``."""


@dataclass(frozen=True, kw_only=True)
class _Products:
    """The four products of a layer with its weights; the inner one ends with GELU."""

    query_key_value: _Product
    attended: _Product
    inner: _Product
    outer: _Product

    @classmethod
    def of(
        cls, layer: Any, dtype: torch.dtype, product: Callable[[Tensor, Tensor, bool], _Product]
    ) -> "_Products":
        own, inner, outer = layer.attention.self, layer.intermediate.dense, layer.output.dense
        return cls(
            query_key_value=product(*_cast(dtype, own.query, own.key, own.value), False),
            attended=product(*_cast(dtype, layer.attention.output.dense), False),
            inner=product(*_cast(dtype, inner), True),
            outer=product(*_cast(dtype, outer), False),
        )


def _cast(dtype: torch.dtype, *modules: nn.Linear) -> tuple[Tensor, Tensor]:
    """Join the weights ``(O, D)`` and biases ``(O,)`` of some modules."""
    weights, biases = ([getattr(module, name).to(dtype) for module in modules] for name in ("weight", "bias"))
    return (weights[0], biases[0]) if len(modules) == 1 else (torch.cat(weights), torch.cat(biases))


def _linear(weight: Tensor, bias: Tensor, is_gelu: bool) -> _Product:
    if is_gelu:
        return lambda hidden: functional.gelu(functional.linear(hidden, weight, bias))
    return lambda hidden: functional.linear(hidden, weight, bias)


def _packed_linear(weight: Tensor, bias: Tensor, is_gelu: bool) -> _Product:
    """Lay the weights out for oneDNN, where torch has it."""
    if not _can_pack(weight.dtype):
        return _linear(weight, bias, is_gelu)
    packed, bias, after = _ONEDNN._reorder_linear_weight(weight.detach()), bias.detach(), _AFTER[is_gelu]
    return lambda hidden: _ONEDNN._linear_pointwise(hidden, packed, bias, after, [], "none")


@cache
def _can_pack(dtype: torch.dtype) -> bool:
    """Try whether these operators, which torch's compiler uses and no document promises, do what they did."""
    hidden, weight, bias = (torch.linspace(-2, 2, num).to(dtype) for num in (64, 128, 8))
    hidden, weight = hidden.view(4, 16), weight.view(8, 16)
    try:
        packed = _ONEDNN._reorder_linear_weight(weight)
        found = _ONEDNN._linear_pointwise(hidden, packed, bias, _AFTER[True], [], "none")
    except (AttributeError, RuntimeError):
        return False
    return bool(torch.allclose(found, _linear(weight, bias, True)(hidden), rtol=0.02, atol=0.02))


def _norm(module: nn.LayerNorm, hidden: Tensor) -> Tensor:
    """Norm in the dtype of ``hidden``; its own weights stay float32, as do its sums."""
    return functional.layer_norm(hidden, module.normalized_shape, module.weight, module.bias, module.eps)


class _Packing:
    """Which places of a batch ``(B, T)`` are no padding: outside of attention only these are worked on.

    ``shape`` is that of the batch.
    """

    def __init__(self, attention_mask: Tensor, dtype: torch.dtype) -> None:
        self.shape = attention_mask.shape
        is_token = attention_mask != 0
        self._is_full = bool(is_token.all())
        self._bias = torch.zeros(self.shape, dtype=dtype)
        if not self._is_full:
            self._bias.masked_fill_(~is_token, -torch.inf)
            self._tokens = is_token.flatten().nonzero().squeeze(1)
            if not torch.is_grad_enabled():
                # oneDNN keeps code and memory for each size it meets; the last token again does no harm.
                again = self._tokens[-1:].expand(-len(self._tokens) % EVEN_SIZE)
                self._tokens = torch.cat([self._tokens, again])
            # Padding reads the token before it: it gets no attention, and what comes of it is dropped.
            self._sources = (is_token.flatten().cumsum(0) - 1).clamp_(min=0)

    def bias(self, heads: int) -> Tensor:
        """Return what is added to scores ``(B · heads, T, T)``: nothing, or −∞ for padding."""
        num_rows, width = self.shape
        return self._bias[:, None, None].expand(-1, heads, -1, -1).reshape(num_rows * heads, 1, width)

    def pack(self, values: Tensor) -> Tensor:
        """Keep the tokens of ``(B, T, …)``: ``(N, …)``."""
        flat = values.reshape(-1, *values.shape[2:])
        return flat if self._is_full else flat.index_select(0, self._tokens)

    def unpack(self, values: Tensor) -> Tensor:
        """Give every place a value ``(B · T, …)``; whatever stands for padding must not be read."""
        if self._is_full:
            return values
        unpacked: Tensor = _Unpack.apply(values, self._sources, self._tokens)  # type: ignore[no-untyped-call]
        return unpacked

    def spread(self, values: Tensor) -> Tensor:
        """Put tokens back to their places, ``(B, T, D)``, with zeros for padding."""
        if not self._is_full:
            places = values.new_zeros(self._sources.numel(), values.shape[1])
            values = places.index_copy(0, self._tokens, values)
        return values.view(*self.shape, -1)


class _Unpack(torch.autograd.Function):
    """Row ``sources[i]`` at each place i; the gradient of ``tokens`` alone counts, for padding has none."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, sources: Tensor, tokens: Tensor) -> Tensor:
        ctx.save_for_backward(tokens)
        return values.index_select(0, sources)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (tokens,) = ctx.saved_tensors
        return gradient.index_select(0, tokens), None, None


class _Dropout:
    """Dropout of one forward pass, decided by torch's random state."""

    def __init__(self) -> None:
        self._source: np.random.SFC64 | None = None

    def scaled(self, hidden: Tensor, module: nn.Dropout) -> Tensor:
        """Drop, and scale what is kept."""
        limit = _limit(module)
        return hidden * self.mask(hidden, limit).mul_(_scale(limit)) if limit else hidden

    def added(self, residual: Tensor, hidden: Tensor, module: nn.Dropout) -> Tensor:
        """Drop, scale what is kept, and add it to a residual."""
        limit = _limit(module)
        if not limit:
            return residual + hidden
        return torch.addcmul(residual, hidden, self.mask(hidden, limit), value=_scale(limit))

    def mask(self, like: Tensor, limit: int) -> Tensor:
        """Draw which entries are kept, as ones and zeros: ``limit`` of 256 are not, in the mean."""
        if self._source is None:
            self._source = np.random.SFC64(int(torch.randint(2**62, ())))
        words = self._source.random_raw(-(-like.numel() // 8))
        drawn = torch.from_numpy(words.view(np.uint8)[: like.numel()]).view(like.shape)
        return torch.ge(drawn, limit, out=torch.empty_like(like))


def _limit(module: nn.Dropout) -> int:
    return round(module.p * NUM_BYTES) if module.training else 0


def _scale(limit: int) -> float:
    return NUM_BYTES / (NUM_BYTES - limit)
