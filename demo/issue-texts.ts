// What the two repositories are asked for, by people who mean it.

export type Wish = { readonly repository: 'acme/widgets' | 'acme/api'; readonly title: string; readonly body: string }

export const EARLY: readonly Wish[] = [
  widgets(
    'Widget catalogue shows prices without VAT in the export',
    'The CSV has net prices, the page has gross ones.',
  ),
  api('Return 409 instead of 500 when an order id is reused', 'Retried orders answer 500 since the upgrade.'),
  widgets(
    'Search forgets its filters after the back button',
    'Choose “in stock”, open a widget, go back: all are shown again.',
  ),
  api('Rotate the signing keys without a restart', 'Today we restart three machines at night for it.'),
]

export const MORNING: readonly Wish[] = [
  widgets(
    'Keyboard focus is lost when the size dialog closes',
    'With a screen reader one starts again at the top of the page.',
  ),
  api('Paginate /v2/shipments by cursor', 'Offsets get slow beyond page 400.'),
  widgets('Show the delivery date next to the basket total', 'People ask the hotline for it.'),
  api('Reject webhook bodies over 1 MB before parsing', 'One partner sends 30 MB of whitespace.'),
  widgets('Dark theme: links in tables are unreadable', 'Contrast is 2.1 to 1.'),
  api('Log the tenant with every slow query', 'We cannot tell whose report it is.'),
  widgets('Crash when a widget has no picture', 'TypeError in the gallery, about forty a day.'),
  api('Time out calls to the tax service after two seconds', 'A slow tax service takes the checkout down with it.'),
]

export const LATER: readonly Wish[] = [
  widgets('Remember the chosen currency', 'It falls back to euros at midnight.'),
  api('Make POST /v2/refunds idempotent', 'Two refunds for one click, last Tuesday.'),
  widgets('Sort sizes by size, not by name', 'L, M, S, XL helps nobody.'),
  api('Expose queue depth as a metric', 'The alert looks at disk space instead.'),
  widgets('Print view cuts off the right column', 'On A4, in Firefox.'),
  api('Accept ISO weeks in the reporting filter', 'Finance thinks in weeks.'),
  widgets('Warn before leaving a half-filled order', 'Ten fields are a lot to type twice.'),
  api('Drop support for TLS 1.1', 'The last client that needed it is gone.'),
  widgets('Show “only three left” from the live stock', 'The cache is an hour old.'),
  api('Cache the price list per customer group', 'It is computed 900 times a minute.'),
  widgets('Let people copy the order number', 'It is drawn as an image.'),
  api('Answer OPTIONS without a session', 'Browsers ask before they sign in.'),
]

function widgets(title: string, body: string): Wish {
  return { repository: 'acme/widgets', title, body }
}

function api(title: string, body: string): Wish {
  return { repository: 'acme/api', title, body }
}
