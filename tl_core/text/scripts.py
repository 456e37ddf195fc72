"""Scripts that put no spaces between words."""

import re

# Thai, Lao, Burmese, Khmer, Tai Le, New Tai Lue, Tai Tham, Balinese, kana, bopomofo, Han, Yi, Javanese,
# Tai Viet, and the blocks that extend them.
WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\u3005-\u3007"
    "\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua980-\ua9ff\uaa60-\uaadf"
    "\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
"""A character of a script that puts no spaces between words."""
