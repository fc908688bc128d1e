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
    "statement": ("对账单", "Account statement"),
    "statement.creator": ("创作者对账单", "Creator's statement"),
    "statement.platform": ("平台对账单", "Platform's statement"),
    "statement.network": ("网络对账单", "Network's statement"),
    "network": ("网络", "the network"),
    "account": ("账户", "Account"),
    "period": ("账期", "Period"),
    "period.days": ("{first} 至 {last}（UTC）", "{first} to {last} (UTC)"),
    "currency": ("币种", "Currency"),
    "settlement": ("结算合约", "Settled by"),
    "as_of": ("数据截至", "As of"),
    "as_of.block": ("区块 {block}，{moment}", "block {block}, {moment}"),
    "opening": ("期初余额", "Opening balance"),
    "closing": ("期末余额", "Closing balance"),
    "into": ("收入", "In"),
    "out": ("支出", "Out"),
    "balance": ("余额", "Balance"),
    "closing_words": ("期末余额大写", "Closing balance in words"),
    "totals": ("按类别汇总", "By kind"),
    "times": ("笔数", "Count"),
    "together": ("合计", "Together"),
    "fees": ("费用与分成", "Fees and shares"),
    "fees.gross": ("解冻总额", "Released in all"),
    "fees.host": ("内容平台分成", "Host's share"),
    "fees.network": ("网络费", "Network's fee"),
    "fees.creators": ("创作者所得", "Creators' shares"),
    "fees.commission": ("销售价款中的佣金", "Commissions within what was sold"),
    "fees.provider": ("{provider} 手续费", "Fees of {provider}"),
    "fees.provider_of": (
        "{payments} 笔共收 {received}（按登记日），由渠道扣收，不经本账户",
        (
            "of {received} in {payments} payments recorded in the period; kept by the provider,"
            " not out of this account"
        ),
    ),
    "fees.none": ("本期没有费用。", "There were no fees in this period."),
    "movements": ("明细", "Movements"),
    "movements.none": ("本期没有发生额。", "Nothing moved in this period."),
    "what": ("摘要", "What"),
    "shares": (
        "总额 {gross}，内容平台 {host}，网络 {network}，创作者 {creators}",
        "of {gross}: host {host}, network {network}, creators {creators}",
    ),
    "with_commission": ("含佣金 {commission}", "of it commissions {commission}"),
    "learner.number": ("学员 {number}", "learner {number}"),
    "seller.name": ("由 {name} 销售", "sold by {name}"),
    "block": ("区块", "Block"),
    "log": ("日志", "Log"),
    "commission": ("佣金", "Commission"),
    "number": ("编号", "Number"),
    "kind.opening": ("期初余额", "Opening balance"),
    "kind.closing": ("期末余额", "Closing balance"),
    "kind.deposit": ("存入", "Deposit"),
    "kind.withdrawal": ("提现", "Withdrawal"),
    "kind.payment": ("链上付款", "Payment in tokens"),
    "kind.payment_return": ("付款退回", "Payment returned"),
    "kind.sale": ("销售结算", "Sale settled"),
    "kind.refund": ("退款", "Refund"),
    "kind.part_refund": ("部分退款", "Part refund"),
    "kind.dispute": ("争议冻结", "Dispute"),
    "kind.bond": ("争议保证金", "Dispute bond"),
    "kind.bond_return": ("保证金退回", "Bond returned"),
    "kind.dispute_refund": ("争议退款", "Refund by dispute"),
    "kind.dispute_payment": ("争议付出", "Payment by dispute"),
    "kind.dispute_commission": ("争议付佣", "Commission by dispute"),
    "kind.release": ("解冻分账", "Release"),
    "kind.commission_release": ("佣金解冻", "Commission released"),
    "kind.top_up": ("学员充值", "Learner's top-up"),
    "kind.pay_out": ("学员余额支取", "Learner's pay-out"),
    "kind.take_over": ("学员账户接管", "Account taken over"),
    "proof": ("期末余额证明", "Proof of the closing balance"),
    "proof.root": ("当日根", "Root of the day"),
    "proof.leaf": ("位置", "Place"),
    "proof.leaf_of": ("{leaves} 个账户中的第 {leaf} 个", "{leaf} of {leaves} accounts"),
    "proof.how": (
        "用网络公布的 {day} 根验证本单的 JSON 文件：zhifu statement verify FILE --root {root}",
        (
            "Check the JSON file of this statement against the root that the network published for"
            " {day}: zhifu statement verify FILE --root {root}"
        ),
    ),
    "proof.none": (
        "末日尚未关账，或账户当日无余额且无发生额，故无证明；数据可能仍会变化。",
        (
            "The last day is not closed yet, or the account had and moved nothing on it: it has no"
            " proof, and what is said here may still change."
        ),
    ),
    "statement.note": (
        "金额以 {currency} 计，取自结算账本。日期与时间均为协调世界时（UTC）。",
        "Amounts are in {currency}, from the ledger of settlements. All days and times are UTC.",
    ),
}


def phrases(language: Language) -> Callable[..., str]:
    """The words of one language, by word, with the values that they name."""
    at = 0 if language is Language.CHINESE else 1

    def say(word: str, **values: object) -> str:
        return PHRASES[word][at].format(**values)

    return say
