package inflection

// Plural returns word.
func Plural(word string) string { return word }

// Singular returns word.
func Singular(word string) string { return word }
