package takeout

import "strings"

// formula begins what a spreadsheet takes for one.
const formula = "=+-@\t\r\n"

// Guard puts an apostrophe before what a spreadsheet would take for a formula: who
// chooses a name, or the id of a request, must not run something on the machine of who
// opens the file (OWASP, CSV Injection).
func Guard(cell string) string {
	if isFormula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Unguard takes the apostrophe of Guard away, so that what was exported can be
// imported.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && isFormula(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

func isFormula(cell string) bool { return cell != "" && strings.ContainsRune(formula, rune(cell[0])) }
