// The issues of the two repositories.

export type IssueText = {
  readonly repository: 'acme/widgets' | 'acme/api'
  readonly title: string
  readonly body: string
}

export const NIGHT_ISSUES: readonly IssueText[] = [
  widgetsIssue(
    'Widget catalogue shows prices without VAT in the export',
    'The CSV has net prices, the page has gross ones.',
  ),
  apiIssue('Return 409 instead of 500 when an order id is reused', 'Retried orders answer 500 since the upgrade.'),
  widgetsIssue(
    'Search forgets its filters after the back button',
    'Choose “in stock”, open a widget, go back: all are shown again.',
  ),
  apiIssue('Rotate the signing keys without a restart', 'Today we restart three machines at night for it.'),
]

export const MORNING_ISSUES: readonly IssueText[] = [
  widgetsIssue(
    'Keyboard focus is lost when the size dialog closes',
    'With a screen reader one starts again at the top of the page.',
  ),
  apiIssue('Paginate /v2/shipments by cursor', 'Offsets get slow beyond page 400.'),
  widgetsIssue('Show the delivery date next to the basket total', 'People ask the hotline for it.'),
  apiIssue('Reject webhook bodies over 1 MB before parsing', 'One partner sends 30 MB of whitespace.'),
  widgetsIssue('Dark theme: links in tables are unreadable', 'Contrast is 2.1 to 1.'),
  apiIssue('Log the tenant with every slow query', 'We cannot tell whose report it is.'),
  widgetsIssue('Crash when a widget has no picture', 'TypeError in the gallery, about forty a day.'),
  apiIssue(
    'Time out calls to the tax service after two seconds',
    'A slow tax service takes the checkout down with it.',
  ),
]

export const LATER_ISSUES: readonly IssueText[] = [
  widgetsIssue('Remember the chosen currency', 'It falls back to euros at midnight.'),
  apiIssue('Make POST /v2/refunds idempotent', 'Two refunds for one click, last Tuesday.'),
  widgetsIssue('Sort sizes by size, not by name', 'L, M, S, XL helps nobody.'),
  apiIssue('Expose queue depth as a metric', 'The alert looks at disk space instead.'),
  widgetsIssue('Print view cuts off the right column', 'On A4, in Firefox.'),
  apiIssue('Accept ISO weeks in the reporting filter', 'Finance thinks in weeks.'),
  widgetsIssue('Warn before leaving a half-filled order', 'Ten fields are a lot to type twice.'),
  apiIssue('Drop support for TLS 1.1', 'The last client that needed it is gone.'),
  widgetsIssue('Show “only three left” from the live stock', 'The cache is an hour old.'),
  apiIssue('Cache the price list per customer group', 'It is computed 900 times a minute.'),
  widgetsIssue('Let people copy the order number', 'It is drawn as an image.'),
  apiIssue('Answer OPTIONS without a session', 'Browsers ask before they sign in.'),
]

function widgetsIssue(title: string, body: string): IssueText {
  return { repository: 'acme/widgets', title, body }
}

function apiIssue(title: string, body: string): IssueText {
  return { repository: 'acme/api', title, body }
}
