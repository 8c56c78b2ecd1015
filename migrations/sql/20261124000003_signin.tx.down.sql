DROP TABLE answers;
DROP TABLE flows;
DROP TABLE sessions;
