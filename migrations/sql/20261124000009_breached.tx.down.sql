DROP TABLE breached_blocks;
DROP TABLE breached_lists;
