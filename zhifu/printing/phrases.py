"""The words of statements and receipts, each in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhifu.languages import Language

Phrases = Callable[[str], str]
"""What a word is called in one language; a code that has no words of its own is said as it is."""

#: Chinese and English by word; those with a dot say what a code means.
PHRASES: Mapping[str, tuple[str, str]] = {
    "receipt": ("收据", "Receipt"),
    "order": ("订单", "Order"),
    "payment": ("支付单", "Payment"),
    "seller": ("销售平台", "Sold by"),
    "host": ("内容平台", "Delivered by"),
    "learner": ("学员编号", "Learner number"),
    "content": ("内容", "Content"),
    "content_number": ("内容编号", "Content number"),
    "bought": ("购买内容", "What was bought"),
    "term": ("许可期限", "Licence"),
    "term.perpetual": ("长期有效", "without end"),
    "term.renewable": ("可续期", "renewable"),
    "term.until": ("自 {since} 至 {until}", "{since} to {until}"),
    "term.days": ("{count} 天", "{count} days"),
    "term.hours": ("{count} 小时", "{count} hours"),
    "amount": ("金额", "Amount"),
    "price": ("价款", "Price"),
    "in_words": ("大写金额", "In words"),
    "provider": ("支付渠道", "Paid through"),
    "provider.balance": ("学员余额", "the learner's balance"),
    "provider_payment": ("渠道交易号", "Provider's number"),
    "paid_at": ("付款时间", "Paid at"),
    "cart": ("同单合计", "Paid together"),
    "cart.orders": ("{amount}（共 {count} 件）", "{amount} for {count} items"),
    "state": ("状态", "State"),
    "refunds": ("退款", "Refunds"),
    "refund": ("退款编号", "Refund"),
    "when": ("时间", "Time"),
    "kind": ("类别", "Kind"),
    "to": ("退至", "Goes to"),
    "to.provider": ("原支付渠道", "the way it was paid"),
    "to.balance": ("学员余额", "the learner's balance"),
    "part.0": ("全部余款", "all that was left"),
    "part.1": ("部分退款", "a part"),
    "returned": ("已退金额", "Returned"),
    "kept": ("实付净额", "Paid in the end"),
    "charged_back": (
        "付款已被持卡人银行撤回（拒付）。",
        "The payer's bank took this payment back.",
    ),
    "licence": ("许可凭证", "Proof of the licence"),
    "licence.order": ("链上订单号", "Order on chain"),
    "licence.contract": ("验证合约", "Verified by"),
    "licence.contract_on": ("{license}（链 {chain}）", "{license} on chain {chain}"),
    "licence.transaction": ("交易", "Transaction"),
    "licence.block": ("区块", "Block"),
    "licence.place": ("批次位置", "Place"),
    "licence.place_of": (
        "平台 {platform} · 通道 {lane} · 批次 {number} · 第 {position} 位",
        "platform {platform}, lane {lane}, batch {number}, position {position}",
    ),
    "licence.how": (
        "许可由链上合约验证，不依赖任何平台：zhifu verify {content} -l {learner}",
        "The chain verifies it, by no platform's word: zhifu verify {content} -l {learner}",
    ),
    "licence.pending": (
        "订单已付款，尚未结算上链；结算后许可在全网平台可用。",
        "The order is paid and not settled on chain yet; its licence holds everywhere once it is.",
    ),
    "comma": ("，", ", "),
    "issued_at": ("开具时间", "Issued"),
    "receipt.note": (
        "本收据不是增值税发票。时间均为协调世界时（UTC）。",
        "This receipt is not a tax invoice. All times are UTC.",
    ),
    "state.paid": ("已付款", "paid"),
    "state.batched": ("已入批次", "in a batch"),
    "state.submitted": ("已提交上链", "sent to the chain"),
    "state.settled": ("已结算", "settled"),
    "state.confirmed": ("已确认", "confirmed"),
    "state.refund_pending": ("退款中", "refund under way"),
    "state.refunded": ("已退款", "refunded"),
    "state.charged_back": ("已拒付", "charged back"),
}


def phrases(language: Language) -> Callable[..., str]:
    """The words of one language, by word, with the values that they name."""
    at = 0 if language is Language.CHINESE else 1

    def say(word: str, **values: object) -> str:
        return PHRASES[word][at].format(**values)

    return say
