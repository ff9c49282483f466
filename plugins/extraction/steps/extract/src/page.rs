//! A page of text as rows of cells. Cells stand apart by wide space, tabs, bars or dot leaders; a
//! colon ends a label. Digits may be letters that a scanner took for them.

use std::sync::LazyLock;

use regex_lite::Regex;

/// A regular expression that is compiled once.
macro_rules! regex {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).expect("a constant"));
    };
}

regex!(GAP, r"\s{2,}|\t|\s*\|\s*|\s*\.{3,}\s*|\s+·\s+|:\s+");
regex!(CURRENCY, r"EUR|USD|GBP|CHF|€|\$|£");
regex!(
    AMOUNT,
    r"(?x) ^ -? (?: (?:EUR|USD|GBP|CHF|€|\$|£) \x20? )?
        -? [\dOolISB] [\dOolISB.,'\x20]* [.,] [\dOolISB]{2}
        (?: \x20? (?:EUR|USD|GBP|CHF|€|\$|£) )? $"
);
regex!(QUANTITY, r"(?i)^(\d+(?:[.,]\d{1,3})?) ?(?:x|pcs|stk\.?|h|std\.?)?$");
regex!(
    NUMBER,
    r"(?xi) ^ (?: invoice | rechnungs? | facture ) [\s-]*
        (?: number | nummer | no\b\.? | nr\b\.? | \# )? \s*
        ( [a-z0-9/-]* \d [a-z0-9/-]* )? :? $"
);
regex!(REFERENCE, r"^[A-Za-z0-9/-]*\d[A-Za-z0-9/-]*$");
regex!(DATE_LABEL, r"(?i)^(?:invoice\s*date|date(?: of issue)?|datum|rechnungsdatum|issued)$");
regex!(
    DATE,
    r"(?x) [\dOl]{1,2} \. [\dOl]{1,2} \. [\dOl]{2,4}
        | \d{4}-\d\d-\d\d
        | \d{1,2} / \d{1,2} / \d{2,4}
        | \d{1,2} \.? \x20 [A-Z][a-zä]+ \x20 \d{4}
        | [A-Z][a-z]+ \x20 \d{1,2} , \x20 \d{4}"
);
regex!(SELLER_LABEL, r"(?i)^(?:from|seller|vendor|supplier|von|absender)$");
regex!(TITLE, r"(?i)^(?:tax )?(?:invoice|rechnung|facture|copy|kopie|page|seite|blatt|delivery note)\b");
regex!(
    SUBTOTAL,
    r"(?i)\bsub-?\s?total\b|\bzwischensumme\b|\bnet(?:to)?\b|[üÜ]bertrag\b|\bcarried (?:over|forward)\b"
);
regex!(
    TOTAL,
    r"(?i)\btotal\b|\b(?:amount|balance) due\b|\bgesamt|\brechnungsbetrag\b|\bsumme\b|\bzu zahlen\b"
);
regex!(TAX, r"(?i)\b(?:vat|tax|mwst|ust|gst)\b");
regex!(INCLUDED, r"(?i)\b(?:incl|inkl|enthalten|darin)");

/// A text, cut into cells.
pub(crate) struct Page {
    rows: Vec<Vec<String>>,
    text: String,
}

/// A row that asks money for something.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) description: String,
    pub(crate) quantity: Option<String>,
    pub(crate) unit_price: Option<String>,
    pub(crate) amount: String,
}

/// The rows with amounts, by what they are.
#[derive(Default)]
pub(crate) struct Sums {
    pub(crate) lines: Vec<Line>,
    pub(crate) tax: Option<String>,
    pub(crate) total: Option<String>,
}

impl Page {
    pub(crate) fn read(text: &str) -> Page {
        let rows = text.lines().map(cells).filter(|cells| !cells.is_empty()).collect();
        Page { rows, text: text.to_owned() }
    }

    /// Behind its label, else the first words on the page that are no title.
    pub(crate) fn seller(&self) -> Option<String> {
        self.behind(&SELLER_LABEL).or_else(|| {
            let firsts = self.rows.iter().filter_map(|row| row.first());
            let mut names = firsts.filter(|cell| has_words(cell) && !TITLE.is_match(cell));
            names.next().cloned()
        })
    }

    /// In the cell of its label or in the next one.
    pub(crate) fn number(&self) -> Option<String> {
        self.rows.iter().find_map(|row| {
            let (at, found) =
                row.iter().enumerate().find_map(|(at, cell)| Some((at, NUMBER.captures(cell)?)))?;
            let inside = found.get(1).map(|number| number.as_str().to_owned());
            inside.or_else(|| row.get(at + 1).filter(|next| REFERENCE.is_match(next)).cloned())
        })
    }

    /// Behind its label, else the first date on the page.
    pub(crate) fn date(&self) -> Option<String> {
        let first = || DATE.find(&self.text).map(|date| date.as_str().to_owned());
        self.behind(&DATE_LABEL).or_else(first)
    }

    /// That of the total, else the first on the page.
    pub(crate) fn currency(&self, sums: &Sums) -> Option<String> {
        let of_total = sums.total.as_deref().and_then(|total| CURRENCY.find(total));
        of_total.or_else(|| CURRENCY.find(&self.text)).map(|found| found.as_str().to_owned())
    }

    /// Of several totals the last one counts: what is due stands at the end.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for row in &self.rows {
            let Some((amount, rest)) = row.split_last().filter(|(last, _)| is_amount(last)) else { continue };
            let label = rest.join(" ");
            match () {
                () if SUBTOTAL.is_match(&label) => {}
                () if TOTAL.is_match(&label) => sums.total = Some(amount.clone()),
                () if TAX.is_match(&label) && INCLUDED.is_match(&label) => {}
                () if TAX.is_match(&label) => sums.tax = Some(amount.clone()),
                () => sums.lines.extend(line(rest, amount)),
            }
        }
        sums
    }

    fn behind(&self, label: &Regex) -> Option<String> {
        self.rows.iter().find_map(|row| {
            let at = row.iter().position(|cell| label.is_match(cell))?;
            row.get(at + 1).cloned()
        })
    }
}

fn cells(row: &str) -> Vec<String> {
    let cells = GAP.split(row.trim()).map(str::trim).filter(|cell| !cell.is_empty());
    cells.map(str::to_owned).collect()
}

fn is_amount(cell: &str) -> bool {
    AMOUNT.is_match(cell) && cell.bytes().any(|byte| byte.is_ascii_digit()) && !is_whole_date(cell)
}

fn is_whole_date(cell: &str) -> bool {
    DATE.find(cell).is_some_and(|date| date.as_str() == cell)
}

fn has_words(cell: &str) -> bool {
    !is_amount(cell) && !QUANTITY.is_match(cell) && cell.chars().filter(|c| c.is_alphabetic()).count() > 1
}

/// Before the description stands a position, or the quantity if it does not stand behind.
fn line(cells: &[String], amount: &str) -> Option<Line> {
    let at = cells.iter().position(|cell| has_words(cell))?;
    let (quantity, unit_price) = match (&cells[..at], &cells[at + 1..]) {
        (_, [quantity, price]) => (quantity_of(quantity), Some(price.clone())),
        ([.., quantity], [price]) => (quantity_of(quantity), Some(price.clone())),
        (_, [quantity]) => (quantity_of(quantity), None),
        _ => (None, None),
    };
    let unit_price = unit_price.filter(|price| quantity.is_some() && is_amount(price));
    Some(Line { description: cells[at].clone(), quantity, unit_price, amount: amount.to_owned() })
}

fn quantity_of(cell: &str) -> Option<String> {
    QUANTITY.captures(cell).map(|found| found[1].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Option<(String, Option<String>, Option<String>, String)> {
        let sums = Page::read(text).sums();
        let line = sums.lines.into_iter().next()?;
        Some((line.description, line.quantity, line.unit_price, line.amount))
    }

    fn told(
        description: &str,
        quantity: &str,
        price: &str,
        amount: &str,
    ) -> Option<(String, Option<String>, Option<String>, String)> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some((description.into(), some(quantity), some(price), amount.into()))
    }

    #[test]
    fn lines_are_found_in_whatever_columns_they_stand() {
        for (text, expected) in [
            (
                "1   Kugellager 6204    40    3,95 EUR   158,00 EUR",
                told("Kugellager 6204", "40", "3,95 EUR", "158,00 EUR"),
            ),
            (
                "24   House Blend 5 lb    $54.50   $1,308.00",
                told("House Blend 5 lb", "24", "$54.50", "$1,308.00"),
            ),
            (
                "Entwurf | 12 h | CHF 145.00 | CHF 1'740.00",
                told("Entwurf", "12", "CHF 145.00", "CHF 1'740.00"),
            ),
            ("Toner, Original ........ 8l,9O €", told("Toner, Original", "", "", "8l,9O €")),
            ("Loyalty discount      -$15.75", told("Loyalty discount", "", "", "-$15.75")),
            ("Qty   Item    Price   Total", None),
            ("Datum: 14.03.26", None),
            ("Zwischensumme     1.800,20 EUR", None),
            ("Visit us at no. 12", None),
        ] {
            assert_eq!(row(text), expected, "{text}");
        }
    }

    #[test]
    fn sums_are_told_apart_by_their_labels() {
        for (text, total, tax) in [
            ("Gesamtbetrag    2.142,24 EUR", Some("2.142,24 EUR"), None),
            ("Total: £181.80", Some("£181.80"), None),
            ("Sub-total    10.00", None, None),
            ("Übertrag    212,00 €", None, None),
            ("VAT @ 20%    30.30", None, Some("30.30")),
            ("inkl. 19 % MwSt.    30,30", None, None),
            ("Total incl. VAT    40.00", Some("40.00"), None),
            ("Total    9.00\nTotal due    8.00", Some("8.00"), None),
        ] {
            let sums = Page::read(text).sums();
            assert_eq!((sums.total.as_deref(), sums.tax.as_deref()), (total, tax), "{text}");
            assert_eq!(sums.lines, [], "{text}");
        }
    }

    #[test]
    fn heads_are_read_by_label_or_by_place() {
        for (text, seller, number, date) in [
            ("INVOICE #8841     Date: March 9, 2026", None, Some("8841"), Some("March 9, 2026")),
            (
                "TAX INVOICE\nFrom: Ashdown Ltd\nInvoice no: ASH/2291",
                Some("Ashdown Ltd"),
                Some("ASH/2291"),
                None,
            ),
            (
                "Lindner | Markt 3\nRechnung Nr. 5518\nErfurt, den l7.O2.2026",
                Some("Lindner"),
                Some("5518"),
                Some("l7.O2.2026"),
            ),
            (
                "RECHNUNG\nRechnungs-Nr.: RE-7   Rechnungsdatum: 14. März 2026",
                None,
                Some("RE-7"),
                Some("14. März 2026"),
            ),
            ("DELIVERY NOTE 7731", None, None, None),
        ] {
            let page = Page::read(text);
            let seller = seller.map(str::to_owned);
            assert_eq!(page.number().as_deref(), number, "{text}");
            assert_eq!(page.date().as_deref(), date, "{text}");
            assert!(seller.is_none() || page.seller() == seller, "{text}");
        }
    }

    #[test]
    fn the_currency_is_that_of_the_total() {
        let page = Page::read("Shipping from US    $1.00\nTotal    9,00 €");
        assert_eq!(page.currency(&page.sums()).as_deref(), Some("€"));
    }
}
