// Package words is the cases of enums as text.
package words

// Of is the word of a case.
func Of(words []string, at int) string {
	if at < len(words) {
		return words[at]
	}
	return "no case of its enum"
}
