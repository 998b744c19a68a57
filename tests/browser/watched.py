"""A page that is watched: what it asked for, what its policy refused, what it complained of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WATCH = "window.__refused = []; addEventListener('securitypolicyviolation', (one) => window.__refused.push(one.violatedDirective + ' ' + one.blockedURI))"


@dataclass
class Opened:
    """A page, what it asked of any network, and what it complained of."""

    page: Any
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def listed(self) -> list[str]:
        """The ids of the questions shown."""
        return list(self.page.locator("#list .head b").all_inner_texts())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Type into the field that has the focus; what Chromium drops while a window beside it closes is typed again."""
        field = "document.activeElement.value"
        whole = self.page.evaluate(field) + text
        for _ in range(5):
            there = self.page.evaluate(field)
            assert whole.startswith(there)
            self.page.keyboard.type(whole[len(there) :])
        assert self.page.evaluate(field) == whole

    def until(self, holds: str) -> None:
        """Wait for an expression to hold; playwright's own way needs eval(), which the page's policy forbids."""
        for _ in range(300):
            if self.page.evaluate(holds):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"never so: {holds}")

    def quiet(self) -> None:
        """Fail if anything was asked for, refused by the policy, or complained of."""
        assert self.asked == []
        assert self.page.evaluate("window.__refused") == []
        assert self.complaints == []
