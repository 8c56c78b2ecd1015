package access

// usualLimit is how many of a list are given to who does not say; the document says it,
// too.
const usualLimit = 50

// Limit is how many of a list are asked for.
func Limit[N int | int64](asked *int) N {
	if asked == nil {
		return usualLimit
	}
	return N(*asked)
}

// Given is what the request says, or the zero value.
func Given[T any](value *T) T {
	if value == nil {
		var none T
		return none
	}
	return *value
}
