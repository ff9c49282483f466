package mend

import "testing"

func TestAsMuchOfACharacterAsThereIsBecomesOne(t *testing.T) {
	for text, want := range map[string]string{
		"tea �":                    "tea �",
		"a\xff\xe2\x82":            "a��",
		"\xf0\x9f\x8dx\xe2\x82":    "�x�",
		"\xed\xa0\x80":             "���",
		"\xc0\x80\xe2\x28\xf5é":    "���(�é",
		"\xf0\x9f\x8d\xb5\xf0":     "🍵�",
		"\xe2\x82\xe2\x82\xac\xff": "�€�",
	} {
		if got := UTF8(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
